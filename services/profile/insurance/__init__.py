"""Insurance: certificates, their review and expiry, claims, and the documents of both."""
