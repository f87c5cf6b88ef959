"""The switch of rights by tier."""

from mock_bank.services.kit.switches import Switch

RIGHTS_FOR_ALL = Switch("rights_for_all", "a tier's right is given to whoever asks for it")
