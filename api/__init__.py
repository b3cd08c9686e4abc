"""The front door: webhooks, webchat and the API; it verifies, records, hands over and answers."""
