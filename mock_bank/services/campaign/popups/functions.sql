create or replace function campaign.on_create_popups(p_campaign text, p json) returns void language sql as $$
    insert into campaign.popup_rules (campaign_id, per_day) select p_campaign, (p->'popup'->>'per_day')::integer;
$$;

-- The devices of one customer queue at the row of their day, so that together they are shown no more than one would be.
create or replace function campaign.show_popup(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_view text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_shown integer;
    v_cap   integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'popup.show', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    select per_day into v_cap from campaign.popup_rules where campaign_id = p_campaign;
    if code is null then
        insert into campaign.popup_days values (p_campaign, p_customer, campaign.today()) on conflict do nothing;
        select shown into v_shown from campaign.popup_days
         where campaign_id = p_campaign and customer_no = p_customer and day = campaign.today() for update;
        code := case
            when exists (select 1 from campaign.popups where campaign_id = p_campaign and customer_no = p_customer and view = p_view)
                then 'ALREADY_SHOWN'
            when v_shown >= v_cap and not campaign.switched_on('popup_without_cap') then 'CAP_REACHED' else 'OK' end;
    end if;
    if code = 'OK' then
        insert into campaign.popups (popup_id, idempotency_key, campaign_id, customer_no, view, site)
        values ('PU-' || p_key, p_key, p_campaign, p_customer, p_view, p_site);
        update campaign.popup_days set shown = shown + 1 where campaign_id = p_campaign and customer_no = p_customer and day = campaign.today();
        v_shown := v_shown + 1;
    end if;
    data := json_build_object('popup_id', 'PU-' || p_key, 'left', greatest(v_cap - coalesce(v_shown, 0), 0), 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'popup.show', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
