"""Webhooks that we send: signed by Standard Webhooks, out of an outbox, tried again until somebody has taken them."""
