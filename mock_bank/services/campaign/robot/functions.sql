-- Customers may ask whatever the campaign's state.
create or replace function campaign.note_contact(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_intent text, p_answer text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'robot.message', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    if not exists (select 1 from campaign.campaigns where campaign_id = p_campaign) then
        code := 'NOT_FOUND';
        return;
    end if;
    insert into campaign.contacts values ('RB-' || p_key, p_campaign, p_customer, p_intent, p_key, now(), p_site);
    code := 'OK';
    data := json_build_object('contact_id', 'RB-' || p_key, 'intent', p_intent, 'answer', p_answer, 'resolved', p_intent is not null);
    perform campaign.remember(p_key, 'robot.message', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
