data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "service" {
  statement {
    actions   = ["dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.records.arn, "${aws_dynamodb_table.records.arn}/index/*"]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.service.arn}:*"]
  }

  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "service" {
  name               = "query-processor-${var.stage}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "service" {
  name   = "records"
  role   = aws_iam_role.service.id
  policy = data.aws_iam_policy_document.service.json
}

resource "aws_cloudwatch_log_group" "service" {
  name              = "/aws/lambda/query-processor-${var.stage}"
  retention_in_days = 30
}

resource "aws_lambda_function" "service" {
  function_name                  = "query-processor-${var.stage}"
  package_type                   = "Image"
  image_uri                      = var.image_uri
  role                           = aws_iam_role.service.arn
  memory_size                    = 1769
  timeout                        = 10
  reserved_concurrent_executions = var.reserved_concurrency

  image_config {
    command = [
      "workbench", "serve", "query-processor", "--engine=aws", "--yes-real-aws", "--port=8080",
      "--keys=/var/task/keys.yaml",
    ]
  }

  environment {
    variables = {
      AWS_LWA_PORT                 = "8080"
      AWS_LWA_READINESS_CHECK_PATH = "/health/live"
      WORKBENCH_TOKEN_SECRETS      = var.token_secrets
    }
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_cloudwatch_log_group.service]
}

resource "aws_apigatewayv2_api" "service" {
  name          = "query-processor-${var.stage}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "service" {
  api_id                 = aws_apigatewayv2_api.service.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.service.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 10000
}

resource "aws_apigatewayv2_route" "read" {
  api_id    = aws_apigatewayv2_api.service.id
  route_key = "GET /{proxy+}"
  target    = "integrations/${aws_apigatewayv2_integration.service.id}"
}

resource "aws_apigatewayv2_route" "write" {
  api_id    = aws_apigatewayv2_api.service.id
  route_key = "POST /v1/records"
  target    = "integrations/${aws_apigatewayv2_integration.service.id}"
}

resource "aws_apigatewayv2_stage" "service" {
  api_id      = aws_apigatewayv2_api.service.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = 1000
    throttling_burst_limit   = 2000
    detailed_metrics_enabled = true
  }
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.service.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.service.execution_arn}/*"
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "query-processor-${var.stage}-latency"
  alarm_description   = "One request in a hundred takes longer than 200 ms."
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiId = aws_apigatewayv2_api.service.id }
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 10
  comparison_operator = "GreaterThanThreshold"
  threshold           = 200
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "query-processor-${var.stage}-throttles"
  alarm_description   = "DynamoDB throttles reads of the table."
  namespace           = "AWS/DynamoDB"
  metric_name         = "ReadThrottleEvents"
  dimensions          = { TableName = aws_dynamodb_table.records.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}
