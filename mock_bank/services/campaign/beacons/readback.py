"""Counts of beacons, read back."""

from mock_bank.services.campaign.beacons.models import BeaconRow
from mock_bank.services.kit.read_back import ReadBackTable

BEACONS = ReadBackTable(
    "beacons",
    "/v1/ops/beacons",
    "beacon_id",
    BeaconRow,
    """select * from (select node || '/' || type || '/' || item as beacon_id, node, type, item, seen from campaign.beacons) b
        where beacon_id > $1 order by beacon_id limit $2""",
)
