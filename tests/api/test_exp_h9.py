import asyncio, time, httpx
from urllib.parse import urlsplit
from tests.product import running_api, make_channel, WEBHOOK_SECRET
from tests.proxy import proxy_to
from tests.simulated import TOKEN
from sqlalchemy import make_url

def moved(url, port):
    return make_url(url).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)

async def test_hold(settings, database):
    u = make_url(settings.database_url)
    print(u)
    channel = await make_channel(settings, database, "telegram", {"token": TOKEN, "webhook_secret": WEBHOOK_SECRET})
    async with proxy_to(u.host or u.query["host"], u.port or 5432) as proxy:
        s = settings.model_copy(update={"database_url": moved(settings.database_url, proxy.port)})
        async with running_api(s) as url, httpx.AsyncClient(base_url=url, timeout=60) as c:
            n = 0
            async def post():
                nonlocal n
                n += 1
                t = time.monotonic()
                r = await c.post(f"/webhooks/telegram/{channel.id}", json={"update_id": n, "message": {"message_id": n, "date": int(time.time()), "chat": {"id": 7, "type": "private"}, "from": {"id": 7, "is_bot": False, "first_name": "A"}, "text": "hi"}}, headers={"x-telegram-bot-api-secret-token": WEBHOOK_SECRET})
                print(r.status_code, r.headers.get("retry-after"), r.text[:100], round(time.monotonic()-t, 2))
            await post(); await post()
            await proxy.cut(); print("cut")
            await post(); await post()
            await proxy.listen(); print("listen")
            await post(); await post(); await post()
            proxy.hold(); print("hold")
            await asyncio.gather(post(), post())
            t=time.monotonic(); r = await c.get("/health/ready"); print(r.status_code, r.text, time.monotonic()-t)
            await proxy.listen(); print("listen")
            await post(); await post()
            t=time.monotonic(); r = await c.get("/health/ready"); print(r.status_code, r.text, time.monotonic()-t)
