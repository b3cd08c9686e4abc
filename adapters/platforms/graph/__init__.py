"""What Meta's platforms share: who signed a call, the handshake, and how the Graph API says no."""
