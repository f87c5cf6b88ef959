"""What the bank says of itself."""

from mock_bank.services.kit.features import Service

SERVICE = Service("The mock bank", "/bank/v1")
