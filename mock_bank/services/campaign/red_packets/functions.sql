-- A new campaign's pool, to the fen. Every shard can pay its packets the least amount: floor(pool x share / packets) >= share x min
-- when pool >= packets x min; what rounding leaves lies in the first.
create or replace function campaign.on_create_red_packets(p_campaign text, p json) returns void language sql as $$
    insert into campaign.pool_shards (campaign_id, shard, pool_fen, packets, min_fen, max_fen)
    select p_campaign, n, fen + case when n = 0 and r.packets > 0 then r.pool_fen - sum(fen) over () else 0 end,
           campaign.share(r.packets, n), r.min_fen, r.max_fen
      from json_to_record(p->'redpacket') as r (pool_fen bigint, packets integer, min_fen bigint, max_fen bigint),
           generate_series(0, campaign.shards() - 1) n,
           lateral (select coalesce(r.pool_fen * campaign.share(r.packets, n) / nullif(r.packets, 0), 0) as fen) f;
$$;

-- A packet for a customer to open.
create or replace function campaign.give_redpacket(p_packet text, p_campaign text, p_customer text, p_day date, p_site text) returns void
language sql as $$
    insert into campaign.redpackets (redpacket_id, campaign_id, customer_no, day, site)
    values (p_packet, p_campaign, p_customer, p_day, p_site);
$$;

-- An amount from the pool by the double-mean method: uniform in [min, 2 x what is left / packets left - min], within the
-- largest amount and what the packets still to come need. Null when the pool is empty.
create or replace function campaign.draw(p_campaign text) returns bigint language plpgsql as $$
declare
    p      campaign.pool_shards%rowtype;
    start  integer := floor(random() * campaign.shards());
    fen    bigint;
    n      integer;
begin
    select * into p from campaign.pool_shards where campaign_id = p_campaign and out_packets < packets
     order by (shard + start) % campaign.shards() limit 1 for update skip locked;
    if not found then
        select * into p from campaign.pool_shards where campaign_id = p_campaign and out_packets < packets
         order by shard limit 1 for update;
    end if;
    if not found then
        return null;
    end if;
    fen := p.pool_fen - p.out_fen;
    n := p.packets - p.out_packets;
    fen := p.min_fen + floor(random() * (1 + least(p.max_fen, 2 * fen / n - p.min_fen, fen - (n - 1) * p.min_fen)
        - p.min_fen));
    update campaign.pool_shards set out_fen = out_fen + fen, out_packets = out_packets + 1
     where campaign_id = p_campaign and shard = p.shard;
    return fen;
end $$;

create or replace function campaign.open_redpacket(
    p_key text, p_hash bytea, p_customer text, p_packet text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    rp  campaign.redpackets%rowtype;
    fen bigint;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'redpacket.open', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into rp from campaign.redpackets where redpacket_id = p_packet and customer_no = p_customer for update;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed(rp.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;
    end if;
    code := coalesce(case rp.state when 'OPENED' then 'ALREADY_CLAIMED' end, code);
    fen := rp.amount_fen;
    if code is null then
        fen := campaign.draw(rp.campaign_id);
        code := case when fen is null then 'SOLD_OUT' else 'OK' end;
    end if;
    if code = 'OK' then
        update campaign.redpackets set state = 'OPENED', amount_fen = fen, idempotency_key = p_key, opened_at = now(), site = p_site
         where redpacket_id = p_packet;
        perform campaign.owe(p_packet, rp.campaign_id, p_customer, 'redpacket', fen, p_site);
    end if;
    data := json_build_object('redpacket_id', p_packet, 'state', case code when 'OK' then 'OPENED' else 'REJECTED' end,
        'pays_by', case code when 'OK' then campaign.pays_by() end,
        'amount_fen', coalesce(fen, 0), 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'redpacket.open', p_customer, p_hash, rp.campaign_id, code, data, p_site);
end $$;
