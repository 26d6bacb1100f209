"""Opens the pages of the console, of systems in several states, in Chromium and says what is wrong: ops/check-pages.

console.py ADDRESSES FOLDER LOOKS [SHOTS]

ADDRESSES is a file of lines, each a state and the address to log in at, as Tests/ConsoleStage prints them. LOOKS is
`all`, each state at each width, light and dark; or `some`: each page of the busy system at each width, light or dark in turn, and once in each
other state.
"""

import json
import sys
import time
import urllib.parse

from selenium.webdriver.common.by import By

from browser import (
    NARROW, THEMES, WIDTHS, Markup, accessible, axe_source, browser, finding, found, kept, narrow, picture, said, scheme, size, wait,
)

# What a page may answer where a server is away, or nothing has happened yet; the browser says so in its log. The busy system has
# all its pages.
TOLD = {404, 409, 503}
PAGES = [
    "/", "/audit", "/delays", "/doctor", "/failed", "/failed/errors", "/groups", "/groups/shipping", "/groups/shipping/pending",
    "/operations", "/partitions/orders", "/pause/shipping", "/publish/orders/order_placed", "/replay/shipping/orders",
    "/resume/mailing", "/schedules", "/session", "/settings", "/tail/orders", "/topics", "/topics/orders",
    "/topics/orders/events", "/trace", "/workers",
]
OTHER_STATES = ["empty", "redis-away", "postgres-away"]

with open(sys.argv[1], encoding="utf-8") as lines:
    addresses = dict(line.split() for line in lines if line.strip())
folder = sys.argv[2]
looks_at_all = sys.argv[3] == "all"
shots = sys.argv[4] if len(sys.argv) > 4 else None
origins = {state: address.split("/?")[0] for state, address in addresses.items()}
looked = 0


def look_at(driver, state, page, width, theme, axe):
    global looked
    name = f"{state} {page} {width} {theme}"
    size(driver, width)
    scheme(driver, theme)
    separator = "&" if "?" in page else "?"
    driver.get(f"{origins[state]}{page}{separator}live=off")
    told = set() if state == "well" else TOLD
    came(driver, name, page, told)
    narrow(driver, name)
    accessible(driver, name, axe)
    said(driver, name, list(origins.values()), allowed=[f"status of {status}" for status in told])
    markup = Markup(name)
    markup.feed(driver.page_source)
    markup.close()
    looked += 1
    if shots:
        file = urllib.parse.quote(page.strip("/") or "overview", safe="").replace("%2F", "-")[:80]
        picture(driver, width, f"{shots}/{state}-{file}-{width}-{theme}.png")


def look_narrow(driver, page):
    size(driver, NARROW)
    driver.get(f"{origins['well']}{page}{'&' if '?' in page else '?'}live=off")
    narrow(driver, f"well {page} {NARROW}")
    said(driver, f"well {page} {NARROW}", list(origins.values()))


def came(driver, name, page, told):
    """The page that was asked for is the one that came: no other that it leads to, and none that says what went wrong."""
    path, status = driver.execute_script("return [location.pathname, performance.getEntriesByType('navigation')[0].responseStatus]")
    if path != page.split("?")[0]:
        finding(f"{name}: {path} came")
    if status != 200 and status not in told:
        finding(f"{name}: it is answered by {status}")


def fetched(driver, path):
    """What is served there, as it comes: by the page's own session."""
    return driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "fetch(arguments[0]).then(answer => answer.text()).then(done, error => done(String(error)));",
        path,
    )


def keep_markup(driver, state, page):
    """For whoever reads it afterwards."""
    driver.get(f"{origins[state]}/session")
    kept(folder, f"{state} {page}", fetched(driver, page))
    said(driver, f"{state} {page}", list(origins.values()), allowed=[f"status of {status}" for status in TOLD])


def found_pages(driver):
    """The pages of things that the busy system has: they are led to by links of the lists."""
    pages = []
    for place, selector, count in LINKED:
        driver.get(f"{origins['well']}{place}")
        links = [link.get_attribute("href") for link in driver.find_elements(By.CSS_SELECTOR, selector)]
        paths = list(dict.fromkeys(link.removeprefix(origins["well"]) for link in links if link))
        if not paths:
            finding(f"{place}: nothing leads on by {selector}")
        pages += paths[:count]
    return pages


# Where things are listed, and which links lead to one of them; so many of each are looked at.
LINKED = [
    ("/failed", "main table a[href*='/failed/']", 2),
    ("/topics/orders/events", "main table a[href*='/events/']", 1),
]


def main():
    begun = time.monotonic()
    axe = axe_source()
    driver = browser(folder)
    try:
        for address in addresses.values():
            driver.get(address)
            if "token=" in driver.current_url:
                finding("the token stays in the address")
        size(driver, 1280)
        driver.get(f"{origins['well']}/groups")
        wait(driver, "no group has worked", lambda: any(
            group.get("lag") == 0 and group["state"] == "running" for group in json.loads(fetched(driver, "/groups.json"))["groups"]
        ))
        pages = PAGES + found_pages(driver)
        ways = [(width, theme) for width in WIDTHS for theme in THEMES]
        for number, page in enumerate(pages):
            for turn, (width, theme) in enumerate(ways):
                if looks_at_all or (number + turn + turn // 2) % 2 == 0:
                    look_at(driver, "well", page, width, theme, axe)
        for page in pages:
            look_narrow(driver, page)
        if looks_at_all:
            for page in pages:
                keep_markup(driver, "well", page)
            for state in OTHER_STATES:
                for page in PAGES:
                    keep_markup(driver, state, page)
        for state in OTHER_STATES:
            for number, page in enumerate(PAGES):
                for turn, (width, theme) in enumerate(ways):
                    if looks_at_all or number % len(ways) == turn:
                        look_at(driver, state, page, width, theme, axe)
    finally:
        driver.quit()
    if found:
        print(f"check-pages: {len(found)} findings", file=sys.stderr)
        sys.exit(1)
    print(f"check-pages: {looked} looks at {len(pages)} pages of the console, nothing found, {time.monotonic() - begun:.0f} s")


main()
