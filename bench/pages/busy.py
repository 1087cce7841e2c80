# Stays for a second, with the modules that a page has: what a busy worker holds.
import html
import json
import re
import time

time.sleep(1)
print("Content-Type: text/plain\n")
print(html.escape(json.dumps(re.findall("a", "banana"))))
