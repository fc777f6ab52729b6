"""What every service is bolted onto: settings, errors, database, gRPC, telemetry. It knows nothing of rides."""
