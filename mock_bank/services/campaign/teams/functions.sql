create or replace function campaign.on_create_teams(p_campaign text, p json) returns void language sql as $$
    insert into campaign.team_rules (campaign_id, size, ends_at, prize_fen)
    select p_campaign, (p->'team'->>'size')::integer, (p->'team'->>'ends_at')::timestamptz, (p->'team'->>'prize_fen')::bigint;
    insert into campaign.budgets (campaign_id, bucket, limit_fen)
    select p_campaign, 'team', size * prize_fen from campaign.team_rules where campaign_id = p_campaign and prize_fen > 0
    on conflict do nothing;
$$;

-- The code that keeps a customer out of a contest that is over, or null. The shared lock makes the award wait for joins and scores under way,
-- and the clock, read behind it, keeps later ones out.
create or replace function campaign.contest_over(p_campaign text) returns text language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended(p_campaign || ' contest', 7));
    return (select 'CONTEST_OVER' from campaign.team_rules where campaign_id = p_campaign and ends_at <= clock_timestamp());
end $$;

-- Whoever joins is of that team for as long as the campaign is. Those who want into one team queue at its row.
create or replace function campaign.join_team(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_team text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_members integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'team.join', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    code := coalesce(code, campaign.contest_over(p_campaign));
    if code is null then
        insert into campaign.teams (campaign_id, team) values (p_campaign, p_team) on conflict do nothing;
        select members into v_members from campaign.teams where campaign_id = p_campaign and team = p_team for update;
        code := case
            when exists (select 1 from campaign.team_members where campaign_id = p_campaign and customer_no = p_customer) then 'ALREADY_IN_TEAM'
            when v_members >= (select size from campaign.team_rules where campaign_id = p_campaign)
                 and not campaign.switched_on('team_without_limit') then 'TEAM_FULL' end;
    end if;
    if code is null then
        insert into campaign.team_members (member_id, idempotency_key, campaign_id, customer_no, team, site)
        values ('TM-' || p_key, p_key, p_campaign, p_customer, p_team, p_site) on conflict (campaign_id, customer_no) do nothing;
        code := case when found then 'OK' else 'ALREADY_IN_TEAM' end;
        update campaign.teams set members = members + 1 where campaign_id = p_campaign and team = p_team and code = 'OK';
    end if;
    data := json_build_object('member_id', 'TM-' || p_key, 'team', p_team, 'state', case code when 'OK' then 'JOINED' else 'REJECTED' end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'team.join', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- A point for each whole yuan that a member has paid, once for each payment.
create or replace function campaign.score_for_team(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_payment text, p_amount bigint, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_team   text;
    v_points bigint := p_amount / 100;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'team.score', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    select team into v_team from campaign.team_members where campaign_id = p_campaign and customer_no = p_customer;
    code := coalesce(code, campaign.contest_over(p_campaign), case when v_team is null then 'NOT_IN_TEAM' end);
    if code is null then
        insert into campaign.team_points (score_id, idempotency_key, campaign_id, customer_no, team, payment_id, points, site)
        values ('TS-' || p_key, p_key, p_campaign, p_customer, v_team, p_payment, v_points, p_site)
        on conflict (campaign_id, payment_id) do nothing;
        code := case when found then 'OK' else 'ALREADY_SCORED' end;
    end if;
    if code = 'OK' then
        update campaign.teams set score = score + v_points * case when campaign.switched_on('team_scores_twice') then 2 else 1 end,
               reached_at = case when v_points > 0 then clock_timestamp() else reached_at end where campaign_id = p_campaign and team = v_team;
    end if;
    data := json_build_object('score_id', 'TS-' || p_key, 'team', coalesce(v_team, ''),
        'points', case code when 'OK' then v_points else 0 end, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'team.score', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- The ten best teams, and as of when that is: what was committed before then is in it.
create or replace function campaign.rank_teams(p_campaign text, out code text, out data text) language sql stable as $$
    with standing as (
        select team, members, reached_at,
               score - case when campaign.switched_on('team_rank_stale') then coalesce((
                   select sum(points) from campaign.team_points p
                    where p.campaign_id = t.campaign_id and p.team = t.team and p.at > now() - interval '10 seconds'), 0) else 0 end as score
          from campaign.teams t where campaign_id = p_campaign
    ), ranked as (
        select row_number() over (order by score desc, reached_at, team) as rank, team, members, score from standing order by 1 limit 10
    )
    select 'OK', json_build_object('as_of_ms', campaign.epoch_ms(now()), 'teams', coalesce(json_agg(json_build_object(
        'rank', rank, 'team', team, 'members', members, 'score', score) order by rank), '[]'))::text from ranked;
$$;

-- Contests that are over, and whose prize nobody has paid yet.
create or replace function campaign.contests_to_award() returns table (campaign_id text) language sql stable as $$
    select r.campaign_id from campaign.team_rules r
     where r.prize_fen > 0 and r.ends_at <= now()
       and not exists (select 1 from campaign.team_awards a where a.campaign_id = r.campaign_id);
$$;

-- What the best team's members win, all of them together and each once, whichever node comes first: of equal teams the one that was there
-- earlier. False: not now, for the campaign is paused or the bucket has not enough for all.
create or replace function campaign.award_contest(p_campaign text, p_site text) returns boolean language plpgsql as $$
declare
    v_closed  text := campaign.closed(p_campaign);
    v_team    text;
    v_score   bigint;
    v_members integer := 0;
    v_fen     bigint;
begin
    if v_closed is not null and v_closed <> 'ENDED' then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtextextended(p_campaign || ' contest', 7));
    select prize_fen into v_fen from campaign.team_rules where campaign_id = p_campaign and prize_fen > 0 and ends_at <= clock_timestamp();
    if not found or exists (select 1 from campaign.team_awards where campaign_id = p_campaign) then
        return false;
    end if;
    select team, score, members into v_team, v_score, v_members from campaign.teams where campaign_id = p_campaign and score > 0
     order by score desc, reached_at, team offset campaign.switched_on('team_runner_up_wins')::integer limit 1;
    if found and not campaign.spend(p_campaign, 'team', v_fen * v_members) then
        return false;
    end if;
    insert into campaign.team_awards (campaign_id, team, members, site) values (p_campaign, v_team, coalesce(v_members, 0), p_site);
    perform campaign.give_coupon(md5(p_campaign || ' team ' || customer_no)::uuid::text, p_campaign, 'team', 'team:' || p_campaign, 'team',
                customer_no, v_fen, p_site)
       from campaign.team_members where campaign_id = p_campaign and team = v_team;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values ('contest', 'team.award', p_campaign, 'the contest is over', json_build_object('team', v_team, 'score', v_score),
            json_build_object('members', coalesce(v_members, 0), 'prize_fen', v_fen), p_site);
    return true;
end $$;
