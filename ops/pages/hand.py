"""How a flow works with a page: with a mouse, or by keys alone."""

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import wait

PRESSED = "//*[self::a or self::button][@aria-label={0} or not(@aria-label) and normalize-space(.)={0}]"
FOLDED = "//main//summary[normalize-space(.)='{0}']"
FIELD = "//*[@id=//label[normalize-space(text()[1])='{0}']/@for]"
TICK = "//label[@class='tick'][normalize-space(.)='{0}']/input"


class Broken(Exception):
    """A flow has come to another place than it should: what comes after makes no sense."""


class Hand:
    """Works with a mouse, and types. What it says of a page it has seen there; nothing is waited for but facts."""

    def __init__(self, driver, origin, scripts=True):
        self.driver, self.origin, self.scripts = driver, origin, scripts

    # Looking

    def open(self, path):
        self.driver.get(self.origin + path)

    def text(self):
        return " ".join(self.driver.find_element(By.TAG_NAME, "main").text.split())

    def heading(self):
        return self.driver.find_element(By.TAG_NAME, "h1").text

    def path(self):
        return self.driver.current_url.removeprefix(self.origin)

    def sees(self, *words):
        text = self.text()
        for each in words:
            if each not in text:
                raise Broken(f"{self.path()} does not say “{each}”, but: {text[:400]}")

    def stands_at(self, heading):
        if not self.heading().startswith(heading):
            raise Broken(f"“{self.heading()}” came in place of “{heading}”: {self.text()[:400]}")

    def until(self, words, condition):
        """Waits; a page that does not change by itself is loaded again."""
        def holds():
            try:
                return condition()
            except (NoSuchElementException, StaleElementReferenceException):
                return False
            except WebDriverException as error:
                if is_leaving(error):
                    return False
                raise

        wait(self.driver, words, holds)

    def until_loaded(self, path, words):
        """Waits until a page says so, whatever has to happen for that."""
        def says():
            self.open(path)
            return words in self.text()

        self.until(f"{path} does not say “{words}”", says)

    def until_offered(self, path, words):
        def offers():
            self.open(path)
            return bool(self.driver.find_elements(By.XPATH, PRESSED.format(f"'{words}'")))

        self.until(f"{path} does not offer “{words}”", offers)

    # Doing

    def find(self, xpath, words):
        shown = [element for element in self.driver.find_elements(By.XPATH, xpath) if self.is_there(element)]
        if not shown:
            raise Broken(f"{self.path()} has no “{words}”: {self.text()[:400]}")
        return shown[0]

    @staticmethod
    def is_there(element):
        # A box that is ticked by the label around it is not shown itself.
        return element.is_displayed() or element.get_attribute("type") == "checkbox"

    def press(self, words):
        """A link or a button: the page that it leads to is there after it."""
        element = self.find(PRESSED.format(f"'{words}'"), words)
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.activate(element)
        self.until(f"“{words}” leads nowhere", lambda: is_gone(before))

    def unfold(self, words):
        self.activate(self.find(FOLDED.format(words), words))

    def write(self, label, text):
        element = self.find(FIELD.format(label), label)
        self.reach(element)
        # What stood there goes by keys too.
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(Keys.DELETE)
        self.type(text)

    def choose(self, label, option):
        Select(self.find(FIELD.format(label), label)).select_by_visible_text(option)

    def tick(self, label):
        self.find(TICK.format(label), label).find_element(By.XPATH, "..").click()

    def seek(self, text):
        """In the field of the head of each page."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.reach_search()
        self.type(text + Keys.ENTER)
        self.until("the search leads nowhere", lambda: is_gone(before))

    def reach_search(self):
        if self.scripts:
            self.type("/")
        else:
            self.driver.find_element(By.ID, "everything").click()
        if self.driver.switch_to.active_element.get_attribute("id") != "everything":
            raise Broken("/ does not lead to the search")

    def type(self, text):
        ActionChains(self.driver).send_keys(text).perform()

    def reach(self, element):
        element.click()

    def activate(self, element):
        element.click()


class Keyboard(Hand):
    """Goes from one thing to the next by Tab, as somebody does who has no mouse."""

    def reach(self, element):
        stops = len(self.driver.find_elements(By.CSS_SELECTOR, "a, button, input, select, textarea, summary, [tabindex]"))
        # Once around, and past the ends of the page.
        for _ in range(stops + 5):
            if self.driver.switch_to.active_element == element:
                return
            self.type(Keys.TAB)
        raise Broken(f"Tab does not reach “{element.accessible_name}” on {self.path()}")

    def activate(self, element):
        self.reach(element)
        self.type(Keys.ENTER)

    def choose(self, label, option):
        element = self.find(FIELD.format(label), label)
        self.reach(element)
        for _ in Select(element).options:
            if Select(element).first_selected_option.text == option:
                return
            self.type(Keys.ARROW_DOWN)
        raise Broken(f"arrows do not reach “{option}” of “{label}”")

    def tick(self, label):
        self.reach(self.find(TICK.format(label), label))
        self.type(Keys.SPACE)


def is_gone(element):
    try:
        element.is_enabled()
        return False
    except StaleElementReferenceException:
        return True
    except WebDriverException as error:
        if is_leaving(error):
            return True
        raise


def is_leaving(error):
    """What the driver says of an element while the page that had it goes."""
    return "does not belong to the document" in (error.msg or "")
