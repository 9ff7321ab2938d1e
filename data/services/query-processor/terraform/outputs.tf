output "url" {
  description = "Where the service answers."
  value       = aws_apigatewayv2_api.service.api_endpoint
}

output "table_name" {
  description = "Its table."
  value       = aws_dynamodb_table.records.name
}
