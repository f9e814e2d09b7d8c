"""The demonstration: an accounting firm's two databases, made here, and the sync between them shown."""
