"""PostgreSQL: the record of everything; one repository per noun."""
