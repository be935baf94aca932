"""Made-up logs and the truth about them."""
