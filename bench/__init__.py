"""What users pay for, measured side by side: `make bench`."""
