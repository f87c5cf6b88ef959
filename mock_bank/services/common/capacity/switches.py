"""The switch of a node's capacity."""

from mock_bank.services.kit.switches import ALL_ALIKE, Switch

EVERYBODY_ALIKE = Switch(ALL_ALIKE, "a node that is full turns away money as soon as what can be left out")
