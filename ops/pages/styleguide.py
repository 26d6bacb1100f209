"""Opens the pages of the style guide in Chromium and says what is wrong with them: ops/check-pages.

styleguide.py ADDRESS FOLDER [--shots FOLDER] [--reference FOLDER]
"""

import argparse
import base64
import os
import re
import time
import urllib.error
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import (
    NARROW, THEMES, WIDTHS, Markup, accessible, axe_source, browser, compare, ended, finding, kept, narrow, picture, scheme, size,
    still, wait,
)
from browser import said as said_of

PAGES = ["", "/form", "/confirm", "/hostile", "/empty", "/plain"]

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("folder")
parser.add_argument("--shots")
parser.add_argument("--reference")
options = parser.parse_args()
address, folder, shots = options.address, options.folder, options.shots
origin = address.rsplit("/", 1)[0]
looked = 0


def said(driver, page, allowed=()):
    said_of(driver, page, [origin], allowed)


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def look_at_markup():
    for page in PAGES:
        text = fetch(address + page)
        kept(folder, f"components {page}", text)
        markup = Markup(page or "/")
        markup.feed(text)
        markup.close()


def look_at(driver, page, axe):
    """Loaded once a theme; its widths are those of the window."""
    global looked
    for theme in THEMES:
        driver.get(f"{address}{page}?theme={theme}&live=off")
        # The answer to a form that was not taken is one, in this log.
        said(driver, f"{page or '/'} {theme}", allowed=("status of 422",))
        for width in WIDTHS:
            name = f"{page or '/'} {width} {theme}"
            size(driver, width)
            narrow(driver, name)
            accessible(driver, name, axe)
            looked += 1
            if shots:
                picture(driver, width, f"{shots}/{(page or '/all')[1:]}-{width}-{theme}.png")
        size(driver, NARROW)
        narrow(driver, f"{page or '/'} {NARROW}")


def compare_pictures(driver):
    """Each page looks the same when it is loaded again, narrow and light, and wide and dark."""
    for page in PAGES:
        for width, theme in [(WIDTHS[0], THEMES[0]), (WIDTHS[-1], THEMES[1])]:

            def shoot():
                size(driver, width)
                driver.get(f"{address}{page}?theme={theme}&live=off")
                return still(driver, width)

            file = f"styleguide-{(page or '/all')[1:]}-{width}-{theme}.png"
            compare(f"{page or '/'} {width} {theme}", file, shoot, os.path.join(shots or folder, "still"), options.reference)
            said(driver, file, allowed=("status of 422",))


def look_at_print(driver):
    """On paper is what there is to read, in black on white, and nothing to press."""
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    driver.get(f"{address}?theme=dark&live=off")
    seen = driver.execute_script(
        "return [...document.querySelectorAll('nav, button, input, select, textarea, [role=search]')]"
        ".filter(e => e.checkVisibility()).slice(0, 5).map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40))"
    )
    for words in seen:
        finding(f"on paper is what can only be pressed: {words}")
    colours = driver.execute_script(
        "const style = getComputedStyle(document.body);"
        "return [getComputedStyle(document.documentElement).backgroundColor, style.backgroundColor, style.color]"
    )
    if colours[2] != "rgb(0, 0, 0)" or any(colour not in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)") for colour in colours[:2]):
        finding(f"on paper it is not black on white: {colours}")
    paper = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    if not paper.startswith(b"%PDF-"):
        finding("it is not printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def look_by_zone(driver):
    """Times are those of the reader's zone, which the next load tells the server."""
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "America/Lima"})
    driver.get(f"{address}?live=off")
    cookie = driver.get_cookie("tz")
    if cookie is None or "Lima" not in cookie["value"]:
        finding(f"the zone of the reader is not told: {cookie}")
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    driver.get(f"{address}?live=off")


def look_by_scheme(driver):
    """Without a choice the system's own scheme decides."""
    seen = set()
    for theme in THEMES:
        scheme(driver, theme)
        driver.get(f"{address}?live=off")
        seen.add(driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor"))
    if len(seen) != 2:
        finding(f"the system's scheme changes nothing: {seen}")
    scheme(driver, "light")


def text_of(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector).text


def look_live(driver):
    size(driver, 1280)
    driver.get(address)
    wait(driver, "the page does not become live", lambda: text_of(driver, "[data-state]") == "live")
    before = text_of(driver, "[data-live=lag]")
    elements = driver.execute_script("return document.querySelectorAll('*').length")
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") != before)
    if driver.execute_script("return document.querySelectorAll('*').length") != elements:
        finding("live values add or remove elements")
    driver.find_element(By.CSS_SELECTOR, "[data-pause]").click()
    if text_of(driver, "[data-state]") != "paused" or "live=off" not in driver.current_url:
        finding("Pause does not pause")
    still = text_of(driver, "[data-live=lag]")
    # The server goes on: what another page gets shows it, and this one must not have followed.
    paused = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(address)
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") not in ("0", before, still))
    driver.close()
    driver.switch_to.window(paused)
    if text_of(driver, "[data-live=lag]") != still:
        finding("a paused page still gets values")
    driver.find_element(By.CSS_SELECTOR, "[data-pause]").click()
    wait(driver, "Resume does not resume", lambda: text_of(driver, "[data-state]") == "live")
    look_hidden(driver)
    driver.find_element(By.TAG_NAME, "body").send_keys("/")
    if driver.switch_to.active_element.get_attribute("id") != "everything":
        finding("/ does not lead to the search")
    driver.switch_to.active_element.send_keys("a/b", Keys.ESCAPE)
    driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": origin}
    )
    button = driver.find_element(By.CSS_SELECTOR, ".facts [data-copy]")
    button.click()
    wait(driver, "Copy does not copy", lambda: button.text == "Copied")
    zone = driver.execute_script("return Intl.DateTimeFormat().resolvedOptions().timeZone")
    if f"tz={zone}" not in driver.execute_script("return document.cookie"):
        finding("the zone is not told")
    said(driver, "live")


def look_typed(driver):
    """A password is seen while its button is pressed in; a wait runs out."""
    driver.get(f"{address}/form?live=off")
    button = driver.find_element(By.CSS_SELECTOR, "[data-show]")
    field = driver.find_element(By.ID, button.get_attribute("data-show"))
    field.send_keys("hush")
    for kind, pressed in (("text", "true"), ("password", "false")):
        button.click()
        if (field.get_attribute("type"), button.get_attribute("aria-pressed")) != (kind, pressed):
            finding(f"Show leaves the password a field of {field.get_attribute('type')}")
    if field.get_attribute("value") != "hush":
        finding("Show changes what was typed")
    said(driver, "typed", allowed=("status of 422",))
    driver.get(f"{address}?live=off")
    wait(driver, "a wait does not count down", lambda: re.fullmatch("in (1?[0-9]|2[0-9]) seconds", text_of(driver, "[data-wait]")))


def look_hidden(driver):
    """A hidden tab has no stream: the page's own end of it is counted, and opened again on return."""
    driver.execute_script(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    still = text_of(driver, "[data-live=lag]")
    shown = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(address)
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") not in ("0", still))
    driver.close()
    driver.switch_to.window(shown)
    if text_of(driver, "[data-live=lag]") != still:
        finding("a hidden page still gets values")
    driver.execute_script("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    wait(driver, "a page that is seen again gets no values", lambda: text_of(driver, "[data-live=lag]") != still)


def look_at_tabs(driver):
    """A browser opens six connections to a host: pages that are hidden hold none, so the seventh is answered."""
    first = driver.current_window_handle
    for _ in range(7):
        driver.switch_to.new_window("tab")
        driver.get(address)
        wait(driver, "one of seven tabs does not become live", lambda: text_of(driver, "[data-state]") == "live")
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)


def texts(driver):
    """What stands in the page, but for numbers, which change, times, which scripts tell by the reader's clock, and Copy, which they do."""
    parts = driver.find_elements(By.CSS_SELECTOR, "h1,h2,th,td,dd")
    shown = [part.text.removesuffix("\nCopy") for part in parts if not part.find_elements(By.TAG_NAME, "time")]
    return [re.sub(r"[0-9][0-9,.]*", "N", text) for text in shown]


def look_without_scripts(driver):
    driver.get(f"{address}?live=off")
    with_scripts = texts(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(f"{address}?live=off")
    without = texts(driver)
    if without != with_scripts:
        finding(f"without scripts {without} is there, with them {with_scripts}")
    for page, buttons in (("", "[data-copy]"), ("/form", "[data-show]")):
        driver.get(f"{address}{page}?live=off")
        found_there = driver.find_elements(By.CSS_SELECTOR, buttons)
        if not found_there or any(button.is_displayed() for button in found_there):
            finding(f"without scripts a button of {buttons} does nothing, or there is none at all")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def main():
    begun = time.monotonic()
    look_at_markup()
    axe = axe_source()
    driver = browser(folder)
    try:
        for page in PAGES:
            look_at(driver, page, axe)
        compare_pictures(driver)
        look_at_print(driver)
        look_by_scheme(driver)
        look_by_zone(driver)
        look_live(driver)
        look_typed(driver)
        look_at_tabs(driver)
        look_without_scripts(driver)
    finally:
        driver.quit()
    ended(f"{looked} looks at {len(PAGES)} pages", begun)


main()
