-- What others with like habits have gone for: of the things that this customer has not had, those that most of the others who share one
-- with them have. The first hundred who do are asked, so that it stays bounded.
create or replace function campaign.recommend(p_customer text) returns table (sku text, weight bigint) language sql stable as $$
    with mine as (
        select distinct g.sku from campaign.grants g where g.customer_no = p_customer
    ), alike as (
        select g.customer_no from campaign.grants g where g.sku in (select m.sku from mine m) and g.customer_no <> p_customer limit 100
    )
    select g.sku, count(distinct g.customer_no) from campaign.grants g
     where g.customer_no in (select a.customer_no from alike a) and g.sku not in (select m.sku from mine m)
     group by g.sku order by 2 desc, 1 limit 5;
$$;
