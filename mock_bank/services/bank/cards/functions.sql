-- Binds a card of a customer whose identity is verified; a card has one customer.
create or replace function bank.bind_card(
    p_key text, p_hash bytea, p_customer text, p_digest bytea, p_masked text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    held bank.cards%rowtype;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'card.bind', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := case when not exists (select 1 from bank.kyc where customer_no = p_customer) then 'NOT_VERIFIED' end;
    if code is null then
        insert into bank.cards values ('CD-' || p_key, p_customer, p_digest, p_masked, p_key, now(), p_site)
        on conflict (card_digest) do nothing;
        code := case when found then 'OK' end;
    end if;
    select * into held from bank.cards where card_digest = p_digest;
    code := coalesce(code, case when held.customer_no = p_customer then 'ALREADY_BOUND' else 'CARD_TAKEN' end);
    data := json_build_object('card_token', case when held.customer_no = p_customer then held.card_token end, 'masked_pan', p_masked,
        'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'card.bind', p_customer, p_hash, '', code, data, p_site);
end $$;
