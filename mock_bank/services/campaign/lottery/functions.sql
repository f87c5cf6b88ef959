create or replace function campaign.on_create_lottery(p_campaign text, p json) returns void language sql as $$
    insert into campaign.lottery_prizes (campaign_id, prize, ppm, stock, face_fen)
    select p_campaign, l->>'id', (l->>'ppm')::integer, (l->>'stock')::integer, (l->>'face_fen')::bigint
      from json_array_elements(p->'lottery') l;
$$;

-- A payment's one chance.
create or replace function campaign.give_chance(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_payment text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'lottery.chance', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code is null then
        insert into campaign.chances (chance_id, campaign_id, customer_no, payment_id, idempotency_key, site)
        values ('LC-' || p_key, p_campaign, p_customer, p_payment, p_key, p_site) on conflict (campaign_id, payment_id) do nothing;
        code := case when found then 'OK' else 'CHANCE_GIVEN' end;
    end if;
    data := json_build_object('chance_id', coalesce((select chance_id from campaign.chances
            where campaign_id = p_campaign and payment_id = p_payment and customer_no = p_customer), 'LC-' || p_key),
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'lottery.chance', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- What is drawn: prizes share the numbers from 0 to a million as their odds are. A prize that has run out is nothing won.
create or replace function campaign.draw_prize(p_campaign text) returns campaign.lottery_prizes language plpgsql as $$
declare
    v_number integer := floor(random() * 1000000 * case when campaign.switched_on('lottery_odds_halved') then 2 else 1 end);
    won      campaign.lottery_prizes%rowtype;
begin
    select p.* into won from (
        select l.prize_id, sum(l.ppm) over (order by l.prize_id) as upto from campaign.lottery_prizes l where l.campaign_id = p_campaign) s
      join campaign.lottery_prizes p using (prize_id) where v_number < s.upto order by s.upto limit 1;
    if won.prize_id is null then
        return null;
    end if;
    update campaign.lottery_prizes set granted = granted + 1 where prize_id = won.prize_id and granted < stock;
    return case when found then won end;
end $$;

create or replace function campaign.draw_lot(
    p_key text, p_hash bytea, p_customer text, p_chance text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    c   campaign.chances%rowtype;
    won campaign.lottery_prizes%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'lottery.draw', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into c from campaign.chances where chance_id = p_chance and customer_no = p_customer for update;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed(c.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;
    end if;
    code := coalesce(code, case when c.draw_key is null then 'OK' else 'ALREADY_DRAWN' end);
    if code = 'OK' then
        won := campaign.draw_prize(c.campaign_id);
        update campaign.chances set draw_key = p_key, prize = won.prize, amount_fen = coalesce(won.face_fen, 0), drawn_at = now(),
               drawn_site = p_site where chance_id = p_chance returning * into c;
        if won.prize is not null then
            perform campaign.give_coupon(p_key, c.campaign_id, 'lottery', 'lottery:' || c.campaign_id, won.prize, p_customer,
                won.face_fen, p_site);
        end if;
    end if;
    data := json_build_object('draw_id', 'LD-' || coalesce(c.draw_key, p_key), 'chance_id', p_chance,
        'result', case when c.draw_key is null then 'REJECTED' when c.prize is null then 'LOST' else 'WON' end, 'prize', c.prize,
        'amount_fen', coalesce(c.amount_fen, 0), 'coupon_code', case when c.prize is not null then 'CP-' || c.draw_key end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'lottery.draw', p_customer, p_hash, c.campaign_id, code, data, p_site);
end $$;
