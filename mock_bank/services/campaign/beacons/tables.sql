create table if not exists campaign.beacons (
    node  text not null,
    type  text not null,
    item  text not null,
    seen  bigint not null,
    primary key (node, type, item)
);
