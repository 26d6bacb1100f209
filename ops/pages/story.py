"""What people do with popug, in Chromium, and how its pages look: ops/check-pages.

story.py PLACES FOLDER LOOKS [SHOTS]

PLACES is a JSON file: the addresses of the programs (`auth`, `tracker`, `accounting`, `analytics`, `console`), the `password` of the demo people,
the folder of `mails`, and what else a browser needs to be told. LOOKS is `all`: the story with scripts, without them and by keys alone, and
each page at each width, light and dark; `some`: with scripts and without, and each page at each width, light or dark in turn; or `pictures`:
the story with scripts, and then SHOTS gets the pictures of docs/pictures.
"""

import contextlib
import email
import email.policy
import json
import os
import sys
import time
import urllib.parse

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from browser import (
    NARROW, THEMES, WIDTHS, Markup, accessible, axe_source, browser, finding, found, narrow, picture, said, scheme, size,
)
from hand import Broken, Hand, Keyboard

with open(sys.argv[1], encoding="utf-8") as file:
    places = json.load(file)
folder = sys.argv[2]
looks_at_all = sys.argv[3] == "all"
shots = sys.argv[4] if len(sys.argv) > 4 else None
PROGRAMS = ["auth", "tracker", "accounting", "analytics", "console"]
origins = [places[program] for program in PROGRAMS]
looked = 0


class Person:
    """Somebody at a browser of their own, which has one window for each program that they look at."""

    def __init__(self, name, mail, password, way, profile):
        self.full_name = f"{name} {way}"
        self.name, self.mail, self.password, self.way = name, mail, password, way
        os.makedirs(profile, exist_ok=True)
        self.driver = browser(profile, *places.get("arguments", []))
        kind = Keyboard if way == "keys" else Hand
        self.hand = kind(self.driver, places["tracker"], scripts=way != "bare")
        if way == "bare":
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        size(self.driver, 1280)

    def at(self, program, path="/"):
        """Opens a page, and is there, however often one is led on."""
        self.hand.origin = places[program]
        self.hand.open(path)
        return self.hand

    def until_at(self, program, path):
        self.hand.origin = places[program]
        self.hand.until(f"{self.name} does not come to {program}{path}", lambda: self.hand.path().split("?")[0] == path)
        return self.hand

    def log_in(self, program, path):
        """Opens a page without a login: the form comes, and the page after it."""
        self.hand.origin = places["auth"]
        self.driver.get(places[program] + path)
        self.hand.until("no form to log in comes", lambda: self.hand.heading().startswith("Log in"))
        self.hand.write("E-mail", self.mail)
        self.hand.write("Password", self.password)
        self.hand.press("Log in")
        return self.until_at(program, path)

    def until_page(self, program, path, words):
        """Waits until a page says so, loading it again."""
        self.hand.origin = places[program]
        self.hand.until_loaded(path, words)

    def until_said(self, *words):
        """Waits until the page that is open says one of these: by itself where there are scripts."""
        def says():
            if not self.hand.scripts:
                self.driver.refresh()
            return any(each in self.hand.text() for each in words)

        self.hand.until(f"{self.hand.path()} does not come to say “{words[0]}”", says)

    def new_window(self, kind="tab"):
        """Of two windows both are seen; a tab behind another is hidden, and has no stream."""
        self.driver.switch_to.new_window(kind)
        size(self.driver, 1280)
        if not self.hand.scripts:
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        return self.driver.current_window_handle

    def leave(self):
        self.driver.quit()


# --- The story

def tell(way):
    """An admin adds two people; they work and are paid; one logs out, and is out everywhere."""
    with contextlib.ExitStack() as stack:
        def somebody(name, mail, password):
            person = Person(name, mail, password, way, f"{folder}/{way}-{name}")
            stack.callback(person.leave)
            return person

        admin = somebody("admin", "admin@popug.example", places["password"])
        add_people(admin, way)
        ann = somebody("Ann", f"ann-{way}@popug.example", f"secret of Ann {way}")
        ben = somebody("Ben", f"ben-{way}@popug.example", f"secret of Ben {way}")
        ann.log_in("tracker", "/tickets/mine")
        ben.log_in("accounting", "/account")
        # One login for all: nobody is asked twice.
        ben.at("tracker", "/tickets/mine").stands_at("My tickets")
        make_tickets(ann, way)
        work(ann)
        make_tickets(ann, way)
        reassign(admin)
        work(ann)
        pay(admin, ann)
        look_at_figures(admin)
        log_out(ben)
        for person in (admin, ann, ben):
            # A page that is left while it loads says so; anything else is told.
            said(person.driver, f"{way} {person.name}", origins, allowed=["status of 4", "ERR_ABORTED"])


def add_people(admin, way):
    hand = admin.log_in("auth", "/users")
    for name in ("Ann", "Ben"):
        hand.press("Add somebody")
        hand.stands_at("Add somebody")
        hand.write("Name", f"{name} {way}")
        hand.write("E-mail", f"{name.lower()}-{way}@popug.example")
        hand.write("Password", f"secret of {name} {way}")
        hand.press("Add this person")
        hand.stands_at("People")
        hand.sees(f"{name} {way} was added")
    hand.press("Add somebody")
    hand.write("Name", "Ann again")
    hand.write("E-mail", f"ann-{way}@popug.example")
    hand.write("Password", "another secret")
    hand.press("Add this person")
    hand.sees("There is a user with this e-mail")


def make_tickets(ann, way, fewest=1):
    """Until Ann has so many herself: whom they go to is drawn by lot."""
    titles = []

    def has_one():
        title = f"Mend the coop {way} {len(titles) + 1}"
        hand = ann.at("tracker", "/tickets/new")
        hand.write("Title", title)
        hand.press("Create ticket")
        hand.sees(title)
        titles.append(title)
        mine = ann.at("tracker", "/tickets/mine").text()
        return sum(title in mine for title in titles) >= fewest

    ann.hand.until("no ticket comes to Ann", has_one)


def reassign(admin):
    hand = admin.at("tracker", "/reassign")
    hand.sees("Each is charged the commission again.")
    hand.press(next(text for text in buttons(hand) if text.startswith("Reassign ")))
    hand.stands_at("Reassignment")
    admin.until_said(" tickets in ", "1 ticket in ")


def buttons(hand):
    return [button.text for button in hand.driver.find_elements(By.CSS_SELECTOR, "main form button")]


def work(ann):
    """Ann closes what she has; her money changes on the page that is open meanwhile."""
    ann.at("accounting", "/account")
    money = ann.driver.current_window_handle
    tickets = ann.new_window("window")
    closed = 0
    while True:
        hand = ann.at("tracker", "/tickets/mine")
        labels = [button.get_attribute("aria-label") for button in ann.driver.find_elements(By.CSS_SELECTOR, "main form button")]
        if not labels:
            break
        hand.press(labels[0])
        hand.sees("Closed “", "see it")
        closed += 1
    ann.driver.switch_to.window(money)
    ann.hand.origin = places["accounting"]
    rewards = "//main//td[normalize-space(.)='reward']"

    def have_come():
        if not ann.hand.scripts:
            ann.driver.refresh()
        return len(ann.driver.find_elements(By.XPATH, rewards)) >= closed

    ann.hand.until("the rewards of what was closed do not come", have_come)
    ann.driver.switch_to.window(tickets)
    ann.driver.close()
    ann.driver.switch_to.window(money)
    return closed


def pay(admin, ann):
    """Pay day of today, which is not over: the page says so, and wants the date to be typed. Whoever is paid gets a mail."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    hand = admin.at("accounting", f"/days/{today}/close")
    if "Closed already" in hand.text():
        return
    hand.sees("The day is not over.")

    def confirm(day):
        hand.write(f"Type {today} to confirm", day)
        hand.press(next(text for text in buttons(hand) if text.startswith(("Pay ", "Close the day"))))

    confirm("2000-01-01")
    hand.sees("nothing was done")
    confirm(today)
    admin.until_at("accounting", f"/days/{today}")
    admin.hand.until("the day is not paid", lambda: "Who was paid" in admin.at("accounting", f"/days/{today}").driver.page_source)
    if ann.full_name in hand.text():
        admin.hand.until("no mail of a wage comes", lambda: any(ann.mail in (mail["To"] or "") for mail in mails()))


def mails():
    for name in os.listdir(places["mails"]) if os.path.isdir(places["mails"]) else []:
        if name.endswith(".eml"):
            with open(os.path.join(places["mails"], name), "rb") as file:
                yield email.message_from_binary_file(file, policy=email.policy.default)


def look_at_figures(admin):
    admin.until_page("analytics", "/tickets", "Mend the coop")
    admin.at("analytics", "/").sees("Commissions")


def log_out(ben):
    """One button ends the login in all programs; a page that is open says so."""
    open_pages = {}
    for program, path in (("accounting", "/account"), ("tracker", "/tickets")):
        open_pages[program] = ben.new_window("window")
        ben.at(program, path)
    ben.hand.press("Log out of popug")
    ben.hand.origin = places["auth"]
    ben.hand.until("no page says that one is logged out", lambda: ben.hand.heading().startswith("You are logged out"))
    ben.hand.sees("You are logged out of")
    for program, path in (("accounting", "/account"), ("tracker", "/tickets/mine"), ("auth", "/me")):
        ben.driver.get(places[program] + path)
        ben.hand.until(f"{program} does not ask for a login", lambda: ben.hand.heading().startswith("Log in"))
    if ben.hand.scripts:
        ben.driver.switch_to.window(open_pages["accounting"])
        state = ben.driver.find_element(By.CSS_SELECTOR, "[data-state]")
        ben.hand.until("an open page does not say that it is logged out", lambda: state.text == "logged out")


# --- How pages look

ADMIN = [
    ("tracker", "/tickets"), ("tracker", "/tickets?search=coop"), ("tracker", "/tickets?search=nothing-of-this"),
    ("tracker", "/tickets/mine"), ("tracker", "/tickets/new"), ("tracker", "/reassign"),
    ("accounting", "/account"), ("accounting", "/accounts"), ("accounting", "/management"), ("accounting", "/days"),
    ("analytics", "/"), ("analytics", "/below-zero"), ("analytics", "/tickets"), ("analytics", "/wages"),
    ("auth", "/me"), ("auth", "/users"), ("auth", "/users/new"), ("tracker", "/nothing"), ("accounting", "/days/2000-13-01"),
]
EMPLOYEE = [("tracker", "/tickets/mine"), ("accounting", "/account"), ("accounting", "/accounts"), ("tracker", "/reassign"), ("auth", "/me")]
LINKED = [
    ("tracker", "/tickets", "main a[href^='/tickets/0']"), ("accounting", "/accounts", "main a[href^='/accounts/']"),
    ("accounting", "/days", "main a[href^='/days/']"), ("tracker", "/reassign", "main a[href^='/reassign/']"),
]


def look():
    axe = axe_source()
    for name, pages, linked in (("admin", ADMIN, LINKED), ("employee", EMPLOYEE, [])):
        person = Person(name, f"{name}@popug.example", places["password"], "scripts", f"{folder}/looks-{name}")
        try:
            look_at_login(person, axe)
            person.log_in("tracker", "/tickets/mine")
            for program, path, selector in linked:
                person.at(program, path)
                links = person.driver.find_elements(By.CSS_SELECTOR, selector)
                if links:
                    pages = pages + [(program, links[0].get_attribute("href").removeprefix(places[program]))]
                else:
                    finding(f"{program}{path}: nothing leads on by {selector}")
            for number, (program, path) in enumerate(pages):
                look_at(person, program, path, number, axe)
        finally:
            person.leave()


def look_at_login(person, axe):
    person.driver.get(places["tracker"] + "/tickets/mine")
    person.hand.until("no form to log in comes", lambda: person.hand.heading().startswith("Log in"))
    look_at_this(person, "login", 0, axe)


def look_at(person, program, path, number, axe):
    # Before the page comes: values come while it loads.
    scheme(person.driver, THEMES[0], is_still=True)
    person.driver.get(places[program] + path)
    look_at_this(person, f"{person.name} {program}{path}", number, axe)


def look_at_this(person, name, number, axe):
    global looked
    driver = person.driver
    for turn, (width, theme) in enumerate((width, theme) for width in WIDTHS for theme in THEMES):
        if not looks_at_all and (number + turn + turn // 2) % 2:
            continue
        look_name = f"{name} {width} {theme}"
        size(driver, width)
        scheme(driver, theme, is_still=True)
        narrow(driver, look_name)
        accessible(driver, look_name, axe)
        looked += 1
        if shots:
            file = urllib.parse.quote(name.replace(" ", "-"), safe="").replace("%2F", "-")[:80]
            picture(driver, width, f"{shots}/{file}-{width}-{theme}.png")
    size(driver, NARROW)
    narrow(driver, f"{name} {NARROW}")
    said(driver, name, origins, allowed=["status of 4"])
    markup = Markup(name)
    markup.feed(driver.page_source)
    markup.close()
    for cookie in driver.get_cookies():
        if cookie["name"] not in ("tz", "theme") and not (cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"]):
            finding(f"{name}: the cookie {cookie['name']} can be read by scripts, or goes elsewhere")


# --- Pictures of documents

def take_pictures():
    """My tickets, as somebody sees them who has some to do."""
    tell("scripts")
    person = Person("employee", "employee@popug.example", places["password"], "scripts", f"{folder}/pictures")
    try:
        person.log_in("tracker", "/tickets/mine")
        make_tickets(person, "and paint it", fewest=3)
        person.at("tracker", "/tickets/mine")
        for theme in THEMES:
            scheme(person.driver, theme)
            size(person.driver, 1280, 640)
            person.driver.save_screenshot(f"{shots}/my-tickets-{theme}.png")
    finally:
        person.leave()


def main():
    begun = time.monotonic()
    if sys.argv[3] == "pictures":
        take_pictures()
        return
    ways = ["scripts", "bare"] + (["keys"] if looks_at_all else [])
    for way in ways:
        try:
            tell(way)
        except (Broken, WebDriverException) as error:
            finding(f"the story {way}: {str(error)[:600]}")
    look()
    if found:
        print(f"check-pages: {len(found)} findings", file=sys.stderr)
        sys.exit(1)
    print(f"check-pages: the story {len(ways)} times, {looked} looks at popug, nothing found, {time.monotonic() - begun:.0f} s")


main()
