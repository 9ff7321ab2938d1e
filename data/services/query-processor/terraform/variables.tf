variable "image_uri" {
  description = "Image in ECR with this project and the Lambda Web Adapter, which runs `workbench serve`."
  type        = string
}

variable "stage" {
  description = "Environment of the document's deployment plan."
  type        = string
  default     = "staging"

  validation {
    condition     = contains(["test", "staging", "production"], var.stage)
    error_message = "The stage is test, staging or production."
  }
}

variable "reserved_concurrency" {
  description = "Instances at most; each keeps a cache and counts rates of its own."
  type        = number
  default     = 50
}

variable "token_secrets" {
  description = "Fernet keys that seal continuation tokens, the newest first, comma between."
  type        = string
  sensitive   = true
}

variable "alarm_actions" {
  description = "Topics that alarms are sent to."
  type        = list(string)
  default     = []
}
