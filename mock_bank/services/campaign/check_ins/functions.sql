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
    code := coalesce(campaign.closed(p_campaign), 'OK');
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code = 'OK' then
        select streak + 1 into v_streak from campaign.checkins
         where campaign_id = p_campaign and customer_no = p_customer and day = v_day - 1;
        insert into campaign.checkins values (p_campaign, p_customer, v_day, 'CK-' || p_key, p_key, coalesce(v_streak, 1) + case when campaign.switched_on('streak_a_day_more') then 1 else 0 end,
            'RP-' || p_key, now(), p_site) on conflict (campaign_id, customer_no, day) do nothing;
        code := case when found then 'OK' else 'ALREADY_CLAIMED' end;
    end if;
    if code = 'OK' then
        perform campaign.give_redpacket('RP-' || p_key, p_campaign, p_customer, v_day, p_site);
    end if;
    select * into done from campaign.checkins where campaign_id = p_campaign and customer_no = p_customer and day = v_day;
    data := json_build_object('checkin_id', done.checkin_id, 'date', v_day, 'streak', coalesce(done.streak, 0),
        'redpacket_id', done.redpacket_id, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'checkin.post', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
