"""Makes the pictures of docs/pictures: ops/check-pages --pictures.

pictures.py ADDRESSES FOLDER
"""

import sys
import time

from browser import THEMES, browser, scheme, size

# So long that lines of half an hour show something.
AGE = 240

with open(sys.argv[1], encoding="utf-8") as lines:
    addresses = dict(line.split() for line in lines if line.strip())
origin = addresses["well"].split("/?")[0]

driver = browser(sys.argv[2])
try:
    driver.get(addresses["well"])
    begun = time.monotonic()
    while time.monotonic() - begun < AGE:
        print(f"pictures: the system works, {AGE - (time.monotonic() - begun):.0f} s more", flush=True)
        time.sleep(20)
        # Somebody looks, so that it is looked at often.
        driver.get(f"{origin}/")
    for theme in THEMES:
        size(driver, 1280, 800)
        scheme(driver, theme)
        driver.get(f"{origin}/")
        driver.save_screenshot(f"docs/pictures/overview-{theme}.png")
finally:
    driver.quit()
