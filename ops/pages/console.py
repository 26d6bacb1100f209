"""Opens the pages of the console, of systems in several states, in Chromium and says what is wrong: ops/check-pages.

console.py ADDRESSES FOLDER LOOKS [--shots FOLDER] [--reference FOLDER]

ADDRESSES is a file of lines, each a state and the address to log in at, as Tests/ConsoleStage prints them. LOOKS is
`all`, each state at each width, light and dark, each loaded anew; or `some`: each page once in each state, of which the busy one is laid
out at each width, and looked through by axe narrow and wide, light and dark.
"""

import argparse
import json
import os
import time
import urllib.parse

from selenium.webdriver.common.by import By

from browser import (
    NARROW, THEMES, WIDTHS, Markup, accessible, axe_source, browser, compare, ended, finding, kept, narrow, picture, said, scheme,
    size, still, wait,
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
OTHER_STATES = ["empty", "redis-away", "postgres-away", "all-away"]

parser = argparse.ArgumentParser()
parser.add_argument("addresses")
parser.add_argument("folder")
parser.add_argument("looks", choices=["all", "some"])
parser.add_argument("--shots")
parser.add_argument("--reference")
options = parser.parse_args()
with open(options.addresses, encoding="utf-8") as lines:
    addresses = dict(line.split() for line in lines if line.strip())
folder, shots = options.folder, options.shots
looks_at_all = options.looks == "all"
origins = {state: address.split("/?")[0] for state, address in addresses.items()}
looked = 0


def load(driver, state, page):
    """Opens a page, and says what is wrong with it at any width and in any theme."""
    name = f"{state} {page}"
    separator = "&" if "?" in page else "?"
    driver.get(f"{origins[state]}{page}{separator}live=off")
    told = set() if state == "well" else TOLD
    came(driver, name, page, told)
    said(driver, name, list(origins.values()), allowed=[f"status of {status}" for status in told])


def check_markup(driver, name):
    markup = Markup(name)
    markup.feed(driver.page_source)
    markup.close()


def look_at(driver, state, page, width, theme, axe):
    """The page that is open."""
    global looked
    name = f"{state} {page} {width} {theme}"
    size(driver, width)
    scheme(driver, theme)
    narrow(driver, name)
    accessible(driver, name, axe)
    looked += 1
    if shots:
        file = urllib.parse.quote(page.strip("/") or "overview", safe="").replace("%2F", "-")[:80]
        picture(driver, width, f"{shots}/{state}-{file}-{width}-{theme}.png")


def look_at_all_ways(driver, state, page, axe):
    for width in WIDTHS:
        for theme in THEMES:
            size(driver, width)
            scheme(driver, theme)
            load(driver, state, page)
            look_at(driver, state, page, width, theme, axe)
            check_markup(driver, f"{state} {page}")


def look_once(driver, state, page, number, axe):
    """Loaded once. Of the busy system axe goes through it narrow and wide, once light and once dark, each of them in turn."""
    width, theme = WIDTHS[number % len(WIDTHS)], THEMES[number // len(WIDTHS) % 2]
    size(driver, width)
    scheme(driver, theme)
    load(driver, state, page)
    check_markup(driver, f"{state} {page}")
    look_at(driver, state, page, width, theme, axe)
    if state != "well":
        return
    look_at(driver, state, page, WIDTHS[(number + 1) % len(WIDTHS)], THEMES[1 - THEMES.index(theme)], axe)
    for other in [NARROW, *WIDTHS]:
        size(driver, other)
        narrow(driver, f"{state} {page} {other}")


def compare_pictures(driver):
    """Of a system in which nothing happens: two loads look the same."""
    for number, page in enumerate(PAGES):
        width, theme = WIDTHS[number % len(WIDTHS)], THEMES[number // len(WIDTHS) % 2]

        def shoot():
            size(driver, width)
            scheme(driver, theme)
            load(driver, "empty", page)
            return still(driver, width)

        file = f"console-{urllib.parse.quote(page.strip('/') or 'overview', safe='')}-{width}-{theme}.png"
        compare(f"empty {page} {width} {theme}", file, shoot, os.path.join(shots or folder, "still"), options.reference)


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
        for number, (state, page) in enumerate(
            [("well", page) for page in pages] + [(state, page) for state in OTHER_STATES for page in PAGES]
        ):
            if looks_at_all:
                look_at_all_ways(driver, state, page, axe)
                keep_markup(driver, state, page)
            else:
                look_once(driver, state, page, number, axe)
        if looks_at_all:
            for page in pages:
                size(driver, NARROW)
                load(driver, "well", page)
                narrow(driver, f"well {page} {NARROW}")
        if looks_at_all or options.reference or shots:
            compare_pictures(driver)
    finally:
        driver.quit()
    ended(f"{looked} looks at {len(pages)} pages of the console in {1 + len(OTHER_STATES)} states", begun)


main()
