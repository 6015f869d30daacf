#!/usr/bin/env python3
"""Makes a shop: raw_customers.csv, raw_orders.csv and raw_payments.csv, the same ones each time.

    make_shop.py FOLDER [--orders N]
"""
import argparse
import csv
import datetime
import pathlib
import random

FIRST = ["Ada", "Bo", "Chidi", "Dana", "Emre", "Farah", "Goro", "Hana", "Ines", "Jun", "Kofi",
         "Lena", "Mio", "Noor", "Otto", "Pia", "Quinn", "Rosa", "Sami", "Tess"]
STATUSES = ["completed"] * 14 + ["shipped", "placed", "returned", "return_pending"]
METHODS = ["credit_card"] * 5 + ["bank_transfer"] * 3 + ["coupon", "gift_card"]
BEGIN = datetime.date(2024, 1, 1)
DAYS = 730


def write(folder, name, header, rows):
    with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def payments(rng, orders):
    number = 0
    for order in range(1, orders + 1):
        for _ in range(1 if rng.random() < 0.9 else 2):
            number += 1
            yield number, order, rng.choice(METHODS), 100 * rng.randint(0, 30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--orders", type=int, default=2000, help="default: 2000")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.orders)
    customers = max(1, options.orders // 10)
    write(options.folder, "raw_customers", ["id", "first_name", "last_name"],
          ((i, rng.choice(FIRST), rng.choice("ABCDEFGHIJKLMNOPRSTVWZ") + ".")
           for i in range(1, customers + 1)))
    write(options.folder, "raw_orders", ["id", "user_id", "order_date", "status"],
          ((i, rng.randint(1, customers), BEGIN + datetime.timedelta(days=rng.randrange(DAYS)),
            rng.choice(STATUSES)) for i in range(1, options.orders + 1)))
    write(options.folder, "raw_payments", ["id", "order_id", "payment_method", "amount"],
          payments(rng, options.orders))


if __name__ == "__main__":
    main()
