"""Does what people do with the console, in Chromium, and says what does not come of it: ops/check-pages.

flows.py ADDRESSES FOLDER LOOKS

Each flow goes with scripts, without them, and by keys alone; where LOOKS is `some`, by keys go those that have every kind of thing to
reach.
"""

import sys
import time
import urllib.parse

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from browser import browser, ended as is_ended, finding, said, size, wait
from hand import Broken, Hand, Keyboard

with open(sys.argv[1], encoding="utf-8") as lines:
    addresses = dict(line.split() for line in lines if line.strip())
folder = sys.argv[2]
looks_at_all = sys.argv[3] == "all"
origins = {state: address.split("/?")[0] for state, address in addresses.items()}
origin = origins["flows"]
STRANGER = "<script>window.hit = 1</script><img src=x onerror=\"window.hit = 1\">&lt;b&gt; \u202egnp.exe"


def ended(hand, words):
    """An operation is over, and says so: by itself where there are scripts."""
    def is_over():
        if not hand.scripts:
            hand.driver.refresh()
        return hand.driver.find_element(By.CSS_SELECTOR, "[data-live$='/ending']").text != ""

    hand.until("the operation does not end", is_over)
    hand.sees(words)


def log_in(hand, way):
    """Without a session a page asks for the token, and comes then."""
    hand.driver.delete_cookie(f"__Host-perch-{urllib.parse.urlsplit(origin).port}")
    hand.open("/groups")
    hand.stands_at("Log in")
    hand.write("Token", "none")
    hand.press("Log in")
    hand.sees("This is not the token of this start")
    hand.write("Token", addresses["flows"].split("token=")[1])
    hand.press("Log in")
    hand.stands_at("Groups")


def search(hand, way):
    hand.open("/")
    hand.seek(f"{way}-retry")
    if hand.path() != f"/trace?key={way}-retry":
        raise Broken(f"the search of a key leads to {hand.path()}")
    hand.open("/")
    hand.seek("nothing of this name")
    hand.sees("Nothing fits nothing of this name")


def row(hand):
    """The name of the only event in the list."""
    hand.sees("1 here")
    return hand.driver.find_element(By.CSS_SELECTOR, "#failed tbody th a").text


def retry(hand, way):
    hand.open(f"/failed?key={way}-retry")
    name = row(hand)
    hand.press(name)
    hand.stands_at(name)
    hand.press("Retry…")
    hand.stands_at("Retry 1 event?")
    hand.press("Retry 1 event in flows")
    ended(hand, "1 event due now.")
    hand.until_loaded(f"/failed?key={way}-retry", "Nothing matches.")


def retry_many(hand, way):
    """Of two groups, of which the first is paused: so it is stopped between them, and gone on with."""
    hand.open("/groups/billing")
    hand.press("Pause all of billing")
    hand.stands_at("Pause billing")
    hand.press("Pause billing in flows")
    hand.sees("4 partitions of billing are paused.")
    hand.open("/failed")
    hand.unfold("Filter")
    hand.write("Error contains", f"{way} bulk")
    hand.press("Filter")
    hand.sees("6 here · all 6 that match")
    matching = hand.path()
    hand.press("Retry… all 6")
    hand.stands_at("Retry 6 events?")
    hand.press("Retry 6 events in flows")
    hand.stands_at("Retry 6 events")
    operation = hand.path()
    hand.press("Stop: Retry 6 events")
    hand.sees("It is being stopped.")
    hand.until_offered("/groups/billing", "Resume all of billing")
    hand.press("Resume all of billing")
    hand.press("Resume billing in flows")
    hand.sees("4 partitions of billing are resumed.")
    hand.open(operation)
    ended(hand, "Stopped: 3 of 6 are retried and stay so")
    hand.until_loaded(matching, "3 here · all 3 that match")
    hand.open(operation)
    hand.press("Go on with the rest…")
    hand.stands_at("Retry 3 events?")
    hand.press("Retry 3 events in flows")
    ended(hand, "3 events due now.")
    hand.until_loaded(matching, "Nothing matches.")


def discard(hand, way):
    """What is ticked; a number has to be typed, and a reason."""
    hand.open(f"/failed?error={way}+discard")
    hand.sees("3 here")
    names = [link.text for link in hand.driver.find_elements(By.CSS_SELECTOR, "#failed tbody th a")]
    for name in names[1:]:
        hand.tick(f"Choose {name}")
    hand.press("Discard what is ticked…")
    hand.stands_at("Discard 2 events?")
    hand.write("How many events are discarded?", "3")
    hand.press("Discard 2 events in flows")
    hand.sees("Say why, for those who ask later.", "The number is 2: type it")
    hand.write("Reason", "They were tests.")
    hand.write("How many events are discarded?", "2")
    hand.press("Discard 2 events in flows")
    ended(hand, "2 events discarded; what they held goes on.")
    hand.sees("They were tests.")
    hand.open(f"/failed?error={way}+discard")
    if row(hand) != names[0]:
        raise Broken("another event than those that were ticked is gone")
    hand.open(f"/audit?text={way}-discard-")
    if "Nothing matches" in hand.text():
        raise Broken("the record does not say what was discarded")


def edit(hand, way):
    hand.open(f"/failed?key={way}-edit")
    name = row(hand)
    hand.press(name)
    hand.press("Edit and retry…")
    hand.stands_at(f"Edit and retry {name}")
    hand.write("Data", '{"order":"another"}')
    hand.press("Check")
    hand.sees("What changes")
    if hand.driver.find_elements(By.XPATH, f"//button[starts-with(., 'Retry {name}')]"):
        raise Broken("what the contract does not allow can be retried")
    hand.write("Data", f'{{"order":"{way}-edit","customer":"{way}","amount":2}}')
    hand.press("Check")
    hand.sees("It is as the contract says of order_placed/1.")
    hand.press(f"Retry {name} with this data in flows")
    ended(hand, f"{name} is due now, with the corrected data; the original is kept.")
    hand.until_loaded(f"/failed?key={way}-edit", "Nothing matches.")


def replay(hand, way):
    hand.open("/groups/shipping")
    hand.press("Replay shipping on orders")
    hand.press("Everything from a place on")
    hand.write("From", "nowhere")
    hand.press("See what it would do")
    hand.sees("Expected beginning, an entry id")
    hand.write("From", "beginning")
    hand.choose("Partition", "orders:1")
    hand.press("See what it would do")
    hand.sees("What is read again", "orders:1")
    button = hand.driver.find_element(By.CSS_SELECTOR, ".confirm form button").text
    hand.press(button)
    hand.stands_at("Group shipping")
    hand.sees(f"shipping reads {button.removeprefix('Read ').removesuffix(' again in flows')} of orders again.")


def publish(hand, way):
    hand.open("/topics/orders")
    hand.press("Publish order_placed…")
    hand.write("order", f"{way}-published")
    hand.write("customer", "Ann")
    hand.write("amount", "-1")
    hand.press("Check")
    hand.sees("The contract does not allow it")
    hand.write("amount", "9007199254740993")
    hand.press("Check")
    hand.sees("The data is as the contract says. Publish it?", "9007199254740993")
    hand.press("Publish order_placed in flows")
    hand.stands_at("orders")
    hand.sees("Published ")
    hand.until_loaded(f"/topics/orders/events?key={way}-published", "9007199254740993")


def run_schedule(hand, way):
    hand.open("/schedules")
    hand.press("Run now: billing/reminders")
    hand.stands_at("Run billing/reminders")
    hand.press("Run billing/reminders in flows")
    hand.sees("billing/reminders runs within seconds.")
    hand.until_offered("/schedules", "Run now: billing/reminders")
    last = hand.driver.find_element(By.CSS_SELECTOR, "#schedules tbody td:nth-of-type(4)")
    if not last.find_elements(By.TAG_NAME, "time"):
        raise Broken("a schedule that was run now has no last run")


FLOWS = [log_in, search, retry, retry_many, discard, edit, replay, publish, run_schedule]
# Links, buttons, the search, boxes to tick, fields of one line and of many, choices, what is folded.
BY_KEYS = [search, retry, discard, edit, replay]


def do_flows(driver):
    size(driver, 1280)
    every = Hand(driver, origin)
    driver.get(addresses["flows"])
    # Of each way 1 to retry, 1 to edit, 3 to discard and 6 of two groups; and two of a stranger.
    every.until_loaded("/failed", "35 here")
    for way in ("scripts", "bare", "keys"):
        scripts = way != "bare"
        hand = (Keyboard if way == "keys" else Hand)(driver, origin, scripts)
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        for flow in FLOWS if way != "keys" or looks_at_all else BY_KEYS:
            try:
                flow(hand, way)
            except (Broken, WebDriverException) as error:
                finding(f"{flow.__name__}, {way}: {str(error).splitlines()[0]}")
                # The next one begins as somebody who is logged in.
                driver.get(addresses["flows"])
            # A form that is not taken, and who is not logged in, are answered so.
            said(driver, f"{flow.__name__}, {way}", [origin], allowed=("status of 401", "status of 422"))
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# --- Text of a stranger

def look_at_stranger(driver):
    """What a stranger wrote is there to the letter, and does nothing."""
    hand = Hand(driver, origin)
    shown = STRANGER.replace("\u202e", "⟨U+202E⟩")
    key = urllib.parse.quote(STRANGER, safe="")
    hand.open("/failed?key=long")
    long = row(hand)
    hand.open(f"/failed?key={key}")
    name = row(hand)
    # What is typed into holds the bytes themselves.
    pages = [
        ("/failed", shown), ("/failed/errors", "gnp.exe"), (f"/failed?key={key}", shown), (f"/failed/{name}", shown),
        (f"/failed/{name}/edit", STRANGER), (f"/failed/retry?id={name}", "gnp.exe"), (f"/trace?key={key}", shown),
        (f"/search?q={key}", shown), (f"/topics/orders/events?key={key}", shown), (f"/tail/orders?key={key}", shown),
        (f"/failed/{long}", "long " * 13_000 + "end"), ("/trace?key=long", "long end"),
    ]
    for path, words in pages:
        hand.open(path)
        text, hit = driver.execute_script(
            "const fields = [...document.querySelectorAll('main input, main textarea')].map(field => field.value);"
            "return [document.querySelector('main').textContent + fields.join(' '), window.hit ?? null]"
        )
        if words not in text.replace('\\"', '"'):
            finding(f"{path[:60]} does not show “{words[-60:]}” as it is")
        if hit is not None:
            finding(f"{path[:60]}: what a stranger wrote was run")
        said(driver, path[:60], [origin])
    for path in (f"/failed/{name}", f"/trace?key={key}", "/trace?key=scripts-published"):
        hand.open(path)
        # Some of it is folded.
        if "9007199254740993" not in driver.execute_script("return document.querySelector('main').textContent"):
            finding(f"{path[:60]}: a number beyond 2^53 is another")


# --- Tabs

COUNTING = """
const streams = [];
window.EventSource = class extends EventSource {
  constructor(...all) { super(...all); streams.push(this); }
};
const channel = new BroadcastChannel('streams');
channel.onmessage = ({data}) => data === 'ask' && channel.postMessage(
  {hidden: document.hidden, open: streams.filter(stream => stream.readyState !== EventSource.CLOSED).length});
window.others = count => new Promise(resolve => {
  const answers = [];
  const asked = new BroadcastChannel('streams');
  asked.onmessage = ({data}) => {
    if (data !== 'ask' && answers.push(data) === count) { asked.close(); resolve(answers); }
  };
  asked.postMessage('ask');
});
window.opened = () => streams.filter(stream => stream.readyState !== EventSource.CLOSED).length;
"""


def look_at_tabs(driver):
    """A browser opens six connections to a host: hidden pages hold none, so the seventh of one session is answered."""
    base = origins["well"]
    driver.get(addresses["well"])
    first = driver.current_window_handle
    for _ in range(7):
        driver.switch_to.new_window("tab")
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNTING})
        driver.get(f"{base}/groups")
        state = driver.find_element(By.CSS_SELECTOR, "[data-state]")
        wait(driver, "one of seven tabs does not become live", lambda: state.text == "live")
    if driver.execute_script("return window.opened()") != 1:
        finding("the page that is seen has not one stream")

    def others():
        return driver.execute_async_script("window.others(7).then(arguments[arguments.length - 1])")

    # The page itself hears its own question too: on another channel, it answers as the other six do.
    answers = [answer for answer in others() if answer["hidden"]]
    if len(answers) != 6 or any(answer["open"] for answer in answers):
        finding(f"of seven tabs six are hidden and have no stream: {answers}")
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)


def main():
    begun = time.monotonic()
    driver = browser(folder)
    try:
        do_flows(driver)
        look_at_stranger(driver)
        look_at_tabs(driver)
    finally:
        driver.quit()
    is_ended(f"{len(FLOWS)} flows in three ways", begun)


main()
