"""Splink (https://moj-analytical-services.github.io/splink/) on a table of `concord link sample`, on fake_1000, or on FEBRL, for
figures beside ours: the same file, the same cores. Needs Python with splink 5 and duckdb; not part of `make test`.

    python test/load/splink_peer.py sample FILE.csv
    python test/load/splink_peer.py fake FILE.csv
    python test/load/splink_peer.py febrl dataset1.csv
    python test/load/splink_peer.py febrl dataset4a.csv dataset4b.csv    (two tables, linked)

The comparisons and blocking rules are those of Splink's own guides, with the fields that ours has; the threshold is a
match probability of 0.5, and thresholds up to 0.99999 are printed, as ours are.
"""
import resource
import sys
import time

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on

kind, path = sys.argv[1], sys.argv[2]
start = time.time()
con = duckdb.connect()
con.execute("SET threads=2")
con.execute("SET memory_limit='6GB'")
try:
    from splink import DuckDBAPI
except ImportError:
    from splink.backends.duckdb import DuckDBAPI

if kind == "sample":
    con.execute(f"""create table people as select id as unique_id, person as cluster, nullif(lower(split_part(given,' ',1)),'') as given,
        nullif(lower(family),'') as family, nullif(born,'') as dob, sex, nullif(postcode,'') as postcode, nullif(split_part(postcode,' ',1),'') as outcode,
        nullif(address,'') as address, nullif(phone,'') as phone, nullif(email,'') as email, nullif(practice,'') as practice, nullif(nhs,'') as nhs
        from read_csv('{path}', all_varchar=true)""")
    comparisons = [
        cl.ForenameSurnameComparison("given", "family"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.ExactMatch("sex"), cl.PostcodeComparison("postcode"), cl.ExactMatch("address"), cl.ExactMatch("phone"),
        cl.EmailComparison("email"), cl.ExactMatch("practice"), cl.ExactMatch("nhs"),
    ]
    rules = [block_on("nhs"), block_on("dob", "sex", "outcode"), block_on("family", "dob"), block_on("given", "dob"),
             block_on("given", "family", "outcode"), block_on("postcode", "given"), block_on("phone")]
    training = [block_on("nhs"), block_on("dob", "family")]
    deterministic = [block_on("nhs"), block_on("given", "family", "dob")]
elif kind == "febrl":
    for n, file in enumerate(sys.argv[2:]):
        con.execute(f"""create table t{n} as select trim(rec_id) as unique_id, regexp_extract(rec_id, 'rec-(\\d+)', 1) as cluster, {n} as side,
            nullif(trim(given_name),'') as given_name, nullif(trim(surname),'') as surname, nullif(trim(street_number),'') as street_number,
            nullif(trim(address_1),'') as address_1, nullif(trim(suburb),'') as suburb, nullif(trim(postcode),'') as postcode,
            regexp_replace(nullif(trim(date_of_birth),''), '(....)(..)(..)', '\\1-\\2-\\3') as date_of_birth, nullif(trim(soc_sec_id),'') as soc_sec_id
            from (select columns(*) as "\\0" from read_csv('{file}', all_varchar=true, normalize_names=true))""")
    con.execute("create table people as " + " union all ".join(f"select * from t{n}" for n in range(len(sys.argv) - 2)))
    comparisons = [ # those of Splink's own example of linking FEBRL 4
        cl.NameComparison("given_name"), cl.NameComparison("surname"), cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]), cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [2]).configure(term_frequency_adjustments=True),
    ]
    rules = [block_on("given_name", "surname"), block_on("soc_sec_id"), block_on("surname", "date_of_birth"), block_on("given_name", "date_of_birth"),
             block_on("postcode", "date_of_birth"), block_on("postcode", "street_number"), block_on("surname", "postcode")]
    training = [block_on("date_of_birth"), block_on("postcode", "surname"), block_on("given_name", "surname")]
    deterministic = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
else:
    con.execute(f"create table people as select unique_id, cluster, first_name, surname, dob, city, email from read_csv('{path}', all_varchar=true)")
    comparisons = [
        cl.NameComparison("first_name"), cl.NameComparison("surname"), cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True), cl.EmailComparison("email"),
    ]
    rules = [block_on("first_name", "city"), block_on("surname"), block_on("dob"), block_on("email"), block_on("first_name", "surname")]
    training = [block_on("first_name", "surname"), block_on("dob"), block_on("email")]
    deterministic = [block_on("first_name", "dob"), block_on("email")]

linked = len(sys.argv) > 3
settings = SettingsCreator(link_type="link_only" if linked else "dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules,
                           additional_columns_to_retain=["cluster"])
api = DuckDBAPI(connection=con)
tables = ["t0", "t1"] if linked else ["people"]
given = [api.register(t) if hasattr(api, "register") else t for t in tables]
linker = Linker(given if linked else given[0], settings)
linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.8)
linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
for rule in training:
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
pairs = linker.inference.predict(threshold_match_probability=0.05)
clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.5)
print(f"wall {time.time() - start:.1f} s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")

total = con.execute("select sum(n*(n-1)/2) from (select count(*) n from people group by cluster)").fetchone()[0]


def say(what, right, found):
    right, found = float(right or 0), float(found or 0)
    p, r = right / max(found, 1), right / float(total)
    print(f"{what:24} precision {p:.5f} recall {r:.5f} F1 {2 * p * r / max(p + r, 1e-9):.5f} right {right:.0f} wrong {found - right:.0f}")


for t in (0.5, 0.9, 0.99, 0.999, 0.99999):
    say(f"pairs at {t}", *con.execute(f"select sum((cluster_l = cluster_r)::int), count(*) from {pairs.physical_name} where match_probability >= {t}").fetchone())
c = clusters.physical_name
say("clusters at 0.5", *con.execute(f"""select (select sum(n*(n-1)/2) from (select count(*) n from {c} group by cluster_id, cluster)),
    (select sum(n*(n-1)/2) from (select count(*) n from {c} group by cluster_id))""").fetchone())
