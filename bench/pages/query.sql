SELECT kind, count(*), sum(n) FROM entry GROUP BY kind ORDER BY kind;
