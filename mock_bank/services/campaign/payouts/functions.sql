-- Whether the bank works on a day: from Monday to Friday, but for holidays, and on the weekends that are worked to make up for them.
create or replace function campaign.is_working_day(p_day date) returns boolean language sql stable as $$
    select campaign.switched_on('any_day_works') or not exists (select 1 from campaign.holidays h where p_day between h.first and h.last)
       and (extract(isodow from p_day) < 6 or exists (select 1 from campaign.worked_weekends w where w.day = p_day));
$$;

-- The day by which is paid what is completed now: the third working day after today.
create or replace function campaign.pays_by() returns date language plpgsql stable as $$
declare
    v_left integer := 3;
begin
    for n in 1 .. 30 loop                       -- and no further than it must: this is part of every redemption
        v_left := v_left - campaign.is_working_day(campaign.today() + n)::integer;
        if v_left = 0 then
            return campaign.today() + n;
        end if;
    end loop;
    return null;
end $$;

-- Notes in the effect's own transaction what is owed for it, and until when.
create or replace function campaign.owe(p_key text, p_campaign text, p_customer text, p_kind text, p_amount bigint, p_site text) returns void
language sql as $$
    insert into campaign.outbox (payout_key, campaign_id, customer_no, kind, amount_fen, pays_by, site)
    values (p_key, p_campaign, p_customer, p_kind, p_amount, campaign.pays_by(), p_site);
$$;

-- Payouts that are due, leased for five seconds to the node that asks: no two nodes get the same, and a dead node's come back.
create or replace function campaign.lease_payouts(p_limit integer)
returns table (payout_key text, customer_no text, kind text, amount_fen bigint) language sql as $$
    with due as (
        select o.payout_key from campaign.outbox o where o.state = 'PENDING' and o.next_at <= now()
         order by o.next_at limit p_limit for update skip locked
    )
    update campaign.outbox o set attempts = o.attempts + 1, next_at = now() + interval '5 seconds'
      from due where o.payout_key = due.payout_key
    returning o.payout_key, o.customer_no, o.kind, o.amount_fen;
$$;

-- What the bank said. Only PAID and a refusal are final; a null state means that it is to be tried again, later each time.
create or replace function campaign.settle_payouts(p_keys text[], p_states text[], p_error text) returns void language sql as $$
    update campaign.outbox o
       set state = case when r.state is null then 'PENDING' when r.state = 'PAID' then 'PAID' else 'FAILED' end,
           settled_at = case when r.state is not null then now() end,
           error = case when r.state = 'PAID' then null else coalesce(r.state, p_error) end,
           next_at = now() + least(5.0, 0.1 * 2 ^ least(o.attempts, 10)) * (0.5 + random()) * interval '1 second'
      from unnest(p_keys, p_states) as r (payout_key, state)
     where o.payout_key = r.payout_key and o.state = 'PENDING';
$$;
