-- As many rows share a stock or a pool as claims can be under way: two nodes with eight connections each.
create or replace function campaign.shards() returns integer language sql immutable parallel safe as 'select 16';

create or replace function campaign.phase(c campaign.campaigns, t timestamptz) returns text language sql immutable as $$
    select case when c.state = 'DRAFT' then 'DRAFT' when t >= c.end_at then 'CLOSED' when c.state = 'PAUSED' then 'PAUSED'
                when t < c.start_at then 'WARMUP' else 'RUNNING' end;
$$;

-- The code that keeps a customer out of the campaign now, or null. The shared lock makes a pause wait for the effects under way
-- and keeps later ones out: once the pause is answered, no grant is made.
create or replace function campaign.closed(p_campaign text) returns text language plpgsql as $$
declare
    c campaign.campaigns%rowtype;
begin
    perform pg_advisory_xact_lock_shared(hashtextextended(p_campaign, 2));
    select * into c from campaign.campaigns where campaign_id = p_campaign;
    return case campaign.phase(c, now())
        when 'RUNNING' then null when 'PAUSED' then 'CAMPAIGN_PAUSED' when 'CLOSED' then 'ENDED' else 'NOT_STARTED' end;
end $$;

create or replace function campaign.today() returns date language sql stable as $$
    select (now() at time zone 'Asia/Shanghai')::date;
$$;

-- One piece of stock, or false when there is none.
create or replace function campaign.take_one(p_stock bigint, p_oversell boolean) returns boolean language plpgsql as $$
declare
    start integer := floor(random() * campaign.shards());
    mine  integer;
begin
    if p_oversell then
        mine := start;
    else
        select shard into mine from campaign.stock_shards where stock_id = p_stock and granted < capacity
         order by (shard + start) % campaign.shards() limit 1 for update skip locked;
    end if;
    if mine is null then
        -- What is left is in other hands: wait, in one order for all so that no two wait for each other. A row that turns out
        -- empty is passed over, so "sold out" is said only when all that was held was really granted.
        select shard into mine from campaign.stock_shards where stock_id = p_stock and granted < capacity
         order by shard limit 1 for update;
    end if;
    update campaign.stock_shards set granted = granted + 1 where stock_id = p_stock and shard = mine;
    return found;
end $$;

-- Why this customer may not claim, or null. Devices of one customer queue here.
create or replace function campaign.cap_reached(a campaign.activities, p_customer text, p_batch text) returns text
language plpgsql as $$
declare
    held integer; held_batch integer; held_day integer;
begin
    perform pg_advisory_xact_lock(hashtextextended(a.activity_id || ' ' || p_customer, 3));
    select count(*), count(*) filter (where batch = p_batch), count(*) filter (where day = campaign.today())
      into held, held_batch, held_day
      from campaign.grants where customer_no = p_customer and activity_id = a.activity_id;
    return case
        when held >= a.per_customer_cap then case a.per_customer_cap when 1 then 'ALREADY_CLAIMED' else 'LIMIT_REACHED' end
        when held_batch >= a.per_batch_cap then case a.per_batch_cap when 1 then 'ALREADY_CLAIMED' else 'LIMIT_REACHED' end
        when held_day >= a.per_day_cap then 'LIMIT_REACHED' end;
end $$;

-- p_switch is '' in an honest service; 'oversell' and 'sold_out' are the mock's lies.
create or replace function campaign.claim(
    p_key text, p_hash bytea, p_customer text, p_activity text, p_sku text, p_batch text, p_device text, p_site text, p_switch text,
    out code text, out data text
) language plpgsql as $$
declare
    a campaign.activities%rowtype;
    s campaign.stock%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'claim.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into a from campaign.activities where activity_id = p_activity;
    select * into s from campaign.stock where activity_id = p_activity and sku = p_sku and batch = p_batch;
    if s.stock_id is null then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed(a.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;                                 -- not an answer to keep: the same key may try again later
    end if;
    code := coalesce(code, case when now() < a.opens_at then 'NOT_STARTED' when now() >= a.closes_at then 'ENDED' end,
        case p_switch when 'sold_out' then 'SOLD_OUT' end, campaign.cap_reached(a, p_customer, p_batch));
    if code is null then
        code := case when campaign.take_one(s.stock_id, p_switch = 'oversell') then 'OK' else 'SOLD_OUT' end;
    end if;
    if code = 'OK' then
        insert into campaign.grants values ('CL-' || p_key, p_key, a.campaign_id, p_activity, p_sku, p_batch, p_customer,
            campaign.today(), s.face_fen, p_device, now(), p_site);
        data := json_build_object('claim_id', 'CL-' || p_key, 'state', 'GRANTED', 'reason', null, 'coupon_code', 'CP-' || p_key,
            'sku', p_sku, 'batch_id', p_batch, 'amount_fen', s.face_fen, 'at_ms', campaign.epoch_ms(now()));
    else
        data := json_build_object('claim_id', 'CL-' || p_key, 'state', case code when 'SOLD_OUT' then code else 'REJECTED' end,
            'reason', code, 'coupon_code', null, 'sku', p_sku, 'batch_id', p_batch, 'amount_fen', 0, 'at_ms', campaign.epoch_ms(now()));
    end if;
    perform campaign.remember(p_key, 'claim.submit', p_customer, p_hash, a.campaign_id, code, data, p_site);
end $$;

create or replace function campaign.redeem(
    p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint, p_site text, out code text, out data text
) language plpgsql as $$
declare
    g campaign.grants%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'coupon.redeem', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into g from campaign.grants where claim_id = 'CL-' || substr(p_coupon, 4) and customer_no = p_customer
       and p_coupon like 'CP-%';
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := 'AMOUNT_MISMATCH';
    if p_amount = g.amount_fen then
        insert into campaign.redemptions values (p_coupon, 'RD-' || p_key, p_key, g.campaign_id, p_customer, p_order, p_amount, now(), p_site)
        on conflict (coupon_code) do nothing;
        code := case when found then 'OK' else 'ALREADY_REDEEMED' end;
    end if;
    if code = 'OK' and p_amount > 0 then
        insert into campaign.outbox (payout_key, campaign_id, customer_no, kind, amount_fen, site)
        values ('RD-' || p_key, g.campaign_id, p_customer, 'coupon', p_amount, p_site);
    end if;
    data := json_build_object('redemption_id', 'RD-' || p_key, 'coupon_code', p_coupon,
        'state', case code when 'OK' then 'REDEEMED' else 'REJECTED' end, 'amount_fen', p_amount, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'coupon.redeem', p_customer, p_hash, g.campaign_id, code, data, p_site);
end $$;

-- Today's check-in: the streak goes on if yesterday, by Shanghai's calendar, has one. It earns a red packet to open.
create or replace function campaign.check_in(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    done    campaign.checkins%rowtype;
    v_day   date := campaign.today();
    v_streak integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'checkin.post', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    if not exists (select 1 from campaign.campaigns where campaign_id = p_campaign) then
        code := 'NOT_FOUND';
        return;
    end if;
    code := coalesce(campaign.closed(p_campaign), 'OK');
    if code = 'CAMPAIGN_PAUSED' then
        return;
    end if;
    if code = 'OK' then
        select streak + 1 into v_streak from campaign.checkins
         where campaign_id = p_campaign and customer_no = p_customer and day = v_day - 1;
        insert into campaign.checkins values (p_campaign, p_customer, v_day, 'CK-' || p_key, p_key, coalesce(v_streak, 1),
            'RP-' || p_key, now(), p_site) on conflict (campaign_id, customer_no, day) do nothing;
        code := case when found then 'OK' else 'ALREADY_CLAIMED' end;
    end if;
    if code = 'OK' then
        insert into campaign.redpackets (redpacket_id, campaign_id, customer_no, day, site)
        values ('RP-' || p_key, p_campaign, p_customer, v_day, p_site);
    end if;
    select * into done from campaign.checkins where campaign_id = p_campaign and customer_no = p_customer and day = v_day;
    data := json_build_object('checkin_id', done.checkin_id, 'date', v_day, 'streak', coalesce(done.streak, 0),
        'redpacket_id', done.redpacket_id, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'checkin.post', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- An amount from the pool by the double-mean method: uniform in [min, 2 x what is left / packets left - min], within the
-- largest amount and what the packets still to come need. Null when the pool is empty.
create or replace function campaign.draw(p_campaign text) returns bigint language plpgsql as $$
declare
    c      campaign.campaigns%rowtype;
    p      campaign.pool_shards%rowtype;
    start  integer := floor(random() * campaign.shards());
    fen    bigint;
    n      integer;
begin
    select * into c from campaign.campaigns where campaign_id = p_campaign;
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
    fen := c.rp_min_fen + floor(random() * (1 + least(c.rp_max_fen, 2 * fen / n - c.rp_min_fen, fen - (n - 1) * c.rp_min_fen)
        - c.rp_min_fen));
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
        insert into campaign.outbox (payout_key, campaign_id, customer_no, kind, amount_fen, site)
        values (p_packet, rp.campaign_id, p_customer, 'redpacket', fen, p_site);
    end if;
    data := json_build_object('redpacket_id', p_packet, 'state', case code when 'OK' then 'OPENED' else 'REJECTED' end,
        'amount_fen', coalesce(fen, 0), 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'redpacket.open', p_customer, p_hash, rp.campaign_id, code, data, p_site);
end $$;
