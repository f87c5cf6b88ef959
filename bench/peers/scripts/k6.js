// The three works as k6's own users write them. The variables BENCH_* say which work, and at what rate.
import { check, fail, sleep } from 'k6';
import http from 'k6/http';

const base = __ENV.BENCH_BASE;
const work = __ENV.BENCH_WORK;
const think = Number(__ENV.BENCH_THINK || 0);
const token = 't-0123456789abcdef0123456789abcdef';
const fixed = { headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'X-Pressure-Test': 'true' } };
const body = '{"sku":"sku-01"}';

// An open load where a rate is given: one second to warm up, then what is reported.
function open(rate, seconds, vus) {
  const arrivals = { executor: 'constant-arrival-rate', rate, timeUnit: '1s', preAllocatedVUs: vus, maxVUs: vus, gracefulStop: '5s' };
  const warm = Number(__ENV.BENCH_WARM || 0);
  const scenarios = { main: { ...arrivals, duration: `${seconds}s`, startTime: `${warm}s` } };
  if (warm) scenarios.warm = { ...arrivals, duration: `${warm}s` };
  return { scenarios, thresholds: { 'http_req_duration{scenario:main}': ['max>=0'], 'dropped_iterations{scenario:main}': ['count>=0'] } };
}

export const options = {
  discardResponseBodies: work === 'post',
  summaryTrendStats: ['count', 'p(50)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
  ...(__ENV.BENCH_RATE ? open(Number(__ENV.BENCH_RATE), Number(__ENV.BENCH_SECONDS), Number(__ENV.BENCH_VUS)) : {}),
};

function pause() {
  if (think) {
    const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    sleep(think * Math.exp(0.668 * normal));
  }
}

function granted(answer) {
  if (!check(answer, { 'is granted': (it) => it.status === 200 && it.json('code') === 'OK' })) fail(`${answer.status} ${answer.body}`);
  return answer.json('data');
}

function claim(bearer, activity) {
  const headers = { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), 'X-Pressure-Test': 'true' };
  const wish = { sku: `sku-${String((__VU % 20) + 1).padStart(2, '0')}`, batch_id: 'batch-1', activity_token: activity };
  return granted(http.post(`${base}/v1/activities/flash/claims`, JSON.stringify(wish), { headers }));
}

function journey() {
  const who = JSON.stringify({ no: String(__VU), phone: `142${String(__VU).padStart(8, '0')}` });
  const login = granted(http.post(`${base}/bank/v1/sessions`, who, { headers: { 'Content-Type': 'application/json', 'X-Pressure-Test': 'true' } }));
  const headers = { Authorization: `Bearer ${login.token}`, 'X-Pressure-Test': 'true' };
  pause();
  http.get(`${base}/v1/campaigns/spring/zone`, { headers });
  pause();
  http.get(`${base}/v1/campaigns/spring`, { headers });
  pause();
  http.get(`${base}/v1/activities/flash/stock`, { headers });
  pause();
  const activity = http.get(`${base}/v1/activities/flash/token`, { headers }).json('data.activity_token');
  pause();
  const won = claim(login.token, activity);
  pause();
  const status = http.get(`${base}/v1/claims/${won.claim_id}`, { headers, tags: { name: 'claim.status' } }).json('data');
  pause();
  if (status.state !== 'GRANTED') return;
  http.get(`${base}/v1/coupons`, { headers });
  pause();
  const keyed = { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
  const order = JSON.stringify({ order_id: crypto.randomUUID(), amount_fen: won.face_fen });
  granted(http.post(`${base}/v1/coupons/${won.coupon_code}/redemptions`, order, { headers: keyed, tags: { name: 'coupon.redeem' } }));
  pause();
}

const works = {
  post: () => http.post(`${base}/v1/post`, body, fixed),
  get: () => http.get(`${base}/v1/zone`),
  json: () => claim(token, 'a-1').state === 'GRANTED' || fail('not granted'),
  journey,
};

export default function () {
  works[work]();
}

export function handleSummary(data) {
  return __ENV.BENCH_SUMMARY ? { [__ENV.BENCH_SUMMARY]: JSON.stringify(data.metrics) } : {};
}
