-- Customers who came back once and then stayed away for longer than they ever had before.
WITH gaps AS (
  SELECT
    customer_id,
    order_date,
    order_date - lag(order_date) OVER (PARTITION BY customer_id ORDER BY order_date, order_id)
      AS days_since_last
  FROM {{ ref('orders') }}
),
habits AS (
  SELECT customer_id, max(days_since_last) AS longest_gap, max(order_date) AS last_order
  FROM gaps
  GROUP BY customer_id
),
today AS (
  SELECT max(order_date) AS day FROM {{ ref('orders') }}
)
SELECT
  c.customer_id,
  c.first_name,
  c.last_name,
  h.last_order,
  h.longest_gap,
  t.day - h.last_order AS days_away,
  c.lifetime_value
FROM habits h
JOIN {{ ref('customers') }} c USING (customer_id)
CROSS JOIN today t
WHERE h.longest_gap IS NOT NULL AND t.day - h.last_order > h.longest_gap
