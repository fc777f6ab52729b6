"""The WhatsApp Cloud API of Meta."""
