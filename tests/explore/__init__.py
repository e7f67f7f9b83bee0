"""A machine that does whatever people may do, in any order, and proves the books after each act: bin/explore."""
