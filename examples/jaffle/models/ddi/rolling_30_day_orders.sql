WITH days AS (
  SELECT order_date, count(*) AS orders, sum(amount) AS amount
  FROM {{ ref('orders') }}
  GROUP BY order_date
)
SELECT
  order_date,
  orders,
  CAST(sum(orders) OVER last_30 AS BIGINT) AS orders_30_days,
  CAST(sum(amount) OVER last_30 AS DECIMAL(18, 2)) AS amount_30_days
FROM days
WINDOW last_30 AS (
  ORDER BY order_date RANGE BETWEEN INTERVAL 29 DAYS PRECEDING AND CURRENT ROW
)
