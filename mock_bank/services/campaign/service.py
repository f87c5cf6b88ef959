"""What the campaign service says of itself."""

from mock_bank.services.kit.features import Service

SERVICE = Service("The reference campaign service", "/v1")
