-- The shop counts cents; from here on it is money.
SELECT
  id AS payment_id,
  order_id,
  payment_method,
  CAST(amount * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(18, 2)) AS amount
FROM {{ source('raw', 'raw_payments') }}
