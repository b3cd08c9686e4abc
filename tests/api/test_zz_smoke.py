async def test_bots(api):
    r = await api.post("/v1/bots", json={"name": "Ada"})
    print(r.status_code, r.text)
    assert r.status_code == 201
    b = r.json()
    print((await api.get("/v1/bots")).text)
    r = await api.post(f"/v1/bots/{b['id']}/channels", json={"platform": "telegram", "credentials": {"token": "123456:abcdefghijk"}})
    print(r.status_code, r.text)
    print((await api.get("/v1/stats")).text[:600])
    for p in ("conversations","deliveries","events","notices","keys","channels"):
        r = await api.get(f"/v1/{p}"); print(p, r.status_code, r.text[:300])
        assert r.status_code == 200
    r = await api.get("/v1/bots/x"); print(r.status_code, r.text, r.headers)
    r = await api.get("/v1/nope"); print(r.status_code, r.text, r.headers)
    r = await api.put("/v1/bots"); print(r.status_code, r.text, r.headers)
