create or replace function campaign.on_create_invitations(p_campaign text, p json) returns void language sql as $$
    insert into campaign.invite_rules (campaign_id, friends, face_fen, coupons)
    select p_campaign, r.friends, r.face_fen, r.coupons
      from json_to_record(p->'invite') as r (friends integer, face_fen bigint, coupons integer);
$$;

-- The customer's code to share, the same for as long as the campaign is.
create or replace function campaign.invite(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_code text := p_campaign || '.' || p_customer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'invite.create', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := coalesce(campaign.closed(p_campaign), 'OK');
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code = 'OK' then
        insert into campaign.invites values (p_campaign, p_customer, 'IN-' || p_key, v_code, p_key, now(), p_site)
        on conflict (campaign_id, inviter) do nothing;
        code := case when found then 'OK' else 'ALREADY_INVITING' end;
    end if;
    data := json_build_object('invite_id', 'IN-' || p_key, 'invite_code', v_code, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'invite.create', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- Whoever comes by a code has that inviter and no other.
create or replace function campaign.accept_invite(
    p_key text, p_hash bytea, p_customer text, p_code text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    i campaign.invites%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'invite.accept', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into i from campaign.invites where invite_code = p_code;
    if not found then
        code := 'INVITE_UNKNOWN';
        return;                                 -- not an answer to keep: the code may come into being yet
    end if;
    code := campaign.closed(i.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;
    end if;
    code := coalesce(code, case when i.inviter = p_customer and not campaign.switched_on('invite_oneself') then 'SELF_INVITED' end);
    if code is null then
        insert into campaign.invitees (campaign_id, invitee, inviter, acceptance_id, idempotency_key, accepted_site)
        values (i.campaign_id, p_customer, i.inviter, 'IA-' || p_key, p_key, p_site) on conflict (campaign_id, invitee) do nothing;
        code := case when found then 'OK' else 'ALREADY_INVITED' end;
    end if;
    data := json_build_object('acceptance_id', 'IA-' || p_key, 'inviter', i.inviter,
        'state', case code when 'OK' then 'ACCEPTED' else 'REJECTED' end, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'invite.accept', p_customer, p_hash, i.campaign_id, code, data, p_site);
end $$;

-- The inviter's one coupon, if this is the friend who completes them. Friends of one inviter queue here until the one before has been
-- committed, so that three who come at the same instant are one, two and three.
create or replace function campaign.count_friend(p_key text, p_campaign text, p_inviter text, p_site text) returns void
language plpgsql as $$
declare
    rule     campaign.invite_rules%rowtype;
    verified integer;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_campaign || ' ' || p_inviter, 4));
    select * into rule from campaign.invite_rules where campaign_id = p_campaign;
    select count(*) into verified from campaign.invitees
     where campaign_id = p_campaign and inviter = p_inviter and verified_at is not null;
    if verified < rule.friends or (not campaign.switched_on('coupon_for_every_friend') and exists (
            select 1 from campaign.grants where customer_no = p_inviter and activity_id = 'invite:' || p_campaign)) then
        return;
    end if;
    update campaign.invite_rules set given = given + 1 where campaign_id = p_campaign and given < coupons;
    if found then
        perform campaign.give_coupon(p_key, p_campaign, 'invite', 'invite:' || p_campaign, 'invite-coupon', p_inviter,
            rule.face_fen, p_site);
    end if;
end $$;

-- p_verified_ms is when the bank verified the customer: only who was not a verified customer yet when they accepted is new.
create or replace function campaign.verify_invitee(
    p_key text, p_hash bytea, p_customer text, p_acceptance text, p_verified_ms bigint, p_site text, out code text, out data text
) language plpgsql as $$
declare
    i campaign.invitees%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'invite.verify', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into i from campaign.invitees where acceptance_id = p_acceptance and invitee = p_customer for update;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed(i.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;
    end if;
    code := coalesce(code, case when i.verified_at is not null then 'ALREADY_COUNTED'
                                when p_verified_ms < campaign.epoch_ms(i.accepted_at) then 'NOT_NEW' end);
    if code is null then
        update campaign.invitees set verification_id = 'IV-' || p_key, verified_key = p_key, verified_at = now(), verified_site = p_site
         where campaign_id = i.campaign_id and invitee = p_customer;
        perform campaign.count_friend(p_key, i.campaign_id, i.inviter, p_site);
        code := 'OK';
    end if;
    data := json_build_object('verification_id', 'IV-' || p_key, 'inviter', i.inviter,
        'state', case code when 'OK' then 'VERIFIED' else 'REJECTED' end, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'invite.verify', p_customer, p_hash, i.campaign_id, code, data, p_site);
end $$;

-- How far a customer's invitations have come, and the coupon that they have earned.
create or replace function campaign.invite_progress(p_campaign text, p_customer text) returns text language sql stable as $$
    select json_build_object('campaign_id', p_campaign, 'needed', r.friends,
        'invited', (select count(*) from campaign.invitees where campaign_id = p_campaign and inviter = p_customer),
        'verified', (select count(*) from campaign.invitees
                      where campaign_id = p_campaign and inviter = p_customer and verified_at is not null),
        'coupon_code', 'CP-' || g.idempotency_key, 'amount_fen', g.amount_fen)::text
      from campaign.invite_rules r left join lateral (
               select idempotency_key, amount_fen from campaign.grants
                where customer_no = p_customer and activity_id = 'invite:' || p_campaign order by at, claim_id limit 1) g on true
     where r.campaign_id = p_campaign;
$$;
