{% set methods = ['credit_card', 'coupon', 'bank_transfer', 'gift_card'] %}
WITH paid AS (
  SELECT
    order_id,
    {% for method in methods -%}
    sum(CASE WHEN payment_method = '{{ method }}' THEN amount ELSE 0 END) AS {{ method }}_amount,
    {% endfor -%}
    sum(amount) AS amount
  FROM {{ ref('stg_payments') }}
  GROUP BY order_id
)
SELECT
  o.order_id,
  o.customer_id,
  o.order_date,
  o.status,
  {% for method in methods -%}
  CAST(coalesce(p.{{ method }}_amount, 0) AS DECIMAL(18, 2)) AS {{ method }}_amount,
  {% endfor -%}
  CAST(coalesce(p.amount, 0) AS DECIMAL(18, 2)) AS amount
FROM {{ ref('stg_orders') }} o
LEFT JOIN paid p USING (order_id)
