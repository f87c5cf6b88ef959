create or replace function campaign.on_create_inbox(p_campaign text, p json) returns void language sql as $$
    insert into campaign.inbox_rules (campaign_id, letters, push_per_day)
    select p_campaign, r.letters, r.push_per_day from json_to_record(p->'inbox') as r (letters integer, push_per_day integer);
$$;

-- Whatever concerns one customer's inbox queues at its row: two phones are told what one would be.
create or replace function campaign.hold_inbox(p_campaign text, p_customer text) returns campaign.inboxes language plpgsql as $$
declare
    box campaign.inboxes%rowtype;
begin
    insert into campaign.inboxes values (p_campaign, p_customer, campaign.today()) on conflict do nothing;
    select * into box from campaign.inboxes where campaign_id = p_campaign and customer_no = p_customer for update;
    if box.day <> campaign.today() then
        box.day := campaign.today();
        box.pushed := 0;
    end if;
    return box;
end $$;

create or replace function campaign.unread(p_campaign text, p_customer text) returns integer language sql stable as $$
    select r.letters - case when campaign.switched_on('unread_never_falls') then 0 else (
        select count(*)::integer from campaign.letter_reads where campaign_id = p_campaign and customer_no = p_customer) end
      from campaign.inbox_rules r where campaign_id = p_campaign;
$$;

-- The first letter that the customer's phone was not told of yet.
create or replace function campaign.push_letter(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    box      campaign.inboxes%rowtype;
    rule     campaign.inbox_rules%rowtype;
    v_letter integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'push.next', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    select * into rule from campaign.inbox_rules where campaign_id = p_campaign;
    if code is null then
        box := campaign.hold_inbox(p_campaign, p_customer);
        select min(n) into v_letter from generate_series(1, rule.letters) n
         where campaign.switched_on('push_again') or not exists (
            select 1 from campaign.pushes where campaign_id = p_campaign and customer_no = p_customer and letter = n);
        code := case when v_letter is null then 'NOTHING_TO_PUSH'
            when box.pushed >= rule.push_per_day and not campaign.switched_on('push_without_cap') then 'PUSH_CAP_REACHED' else 'OK' end;
    end if;
    if code = 'OK' then
        insert into campaign.pushes (push_id, idempotency_key, campaign_id, customer_no, letter, site)
        values ('PN-' || p_key, p_key, p_campaign, p_customer, v_letter, p_site);
        update campaign.inboxes set day = box.day, pushed = box.pushed + 1 where campaign_id = p_campaign and customer_no = p_customer;
    end if;
    data := json_build_object('push_id', 'PN-' || p_key, 'letter', case code when 'OK' then v_letter end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'push.next', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

create or replace function campaign.read_letter(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_letter integer, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'letter.read', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    if not exists (select 1 from campaign.inbox_rules where campaign_id = p_campaign and letters >= p_letter) then
        code := 'NOT_FOUND';
        return;
    end if;
    perform campaign.hold_inbox(p_campaign, p_customer);
    insert into campaign.letter_reads (read_id, idempotency_key, campaign_id, customer_no, letter, site)
    values ('LR-' || p_key, p_key, p_campaign, p_customer, p_letter, p_site) on conflict (campaign_id, customer_no, letter) do nothing;
    code := case when found then 'OK' else 'ALREADY_READ' end;
    data := json_build_object('read_id', 'LR-' || p_key, 'letter', p_letter, 'unread', campaign.unread(p_campaign, p_customer),
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'letter.read', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
