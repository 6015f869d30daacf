SELECT
  c.customer_id,
  c.first_name,
  c.last_name,
  min(o.order_date) AS first_order,
  max(o.order_date) AS most_recent_order,
  count(o.order_id) AS number_of_orders,
  CAST(coalesce(sum(o.amount), 0) AS DECIMAL(18, 2)) AS lifetime_value
FROM {{ ref('stg_customers') }} c
LEFT JOIN {{ ref('orders') }} o USING (customer_id)
GROUP BY c.customer_id, c.first_name, c.last_name
