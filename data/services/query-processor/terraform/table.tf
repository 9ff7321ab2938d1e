resource "aws_dynamodb_table" "records" {
  name                        = "Records"
  billing_mode                = "PAY_PER_REQUEST"
  table_class                 = "STANDARD"
  deletion_protection_enabled = true
  hash_key                    = "userId"
  range_key                   = "recordKey"

  attribute {
    name = "priorityKey"
    type = "S"
  }

  attribute {
    name = "recordKey"
    type = "S"
  }

  attribute {
    name = "systemId"
    type = "S"
  }

  attribute {
    name = "systemKey"
    type = "S"
  }

  attribute {
    name = "userId"
    type = "S"
  }

  local_secondary_index {
    name            = "userId-systemKey"
    range_key       = "systemKey"
    projection_type = "ALL"
  }

  local_secondary_index {
    name               = "userId-priorityKey"
    range_key          = "priorityKey"
    projection_type    = "INCLUDE"
    non_key_attributes = ["recordId", "systemId", "recordType", "status", "priority", "title", "createdAt"]
  }

  global_secondary_index {
    name               = "systemId-recordKey"
    hash_key           = "systemId"
    range_key          = "recordKey"
    projection_type    = "INCLUDE"
    non_key_attributes = ["recordId", "recordType", "status", "priority", "title", "createdAt"]
  }

  point_in_time_recovery {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}
