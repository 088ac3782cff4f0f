select
    {{ add_days("cast('2010-01-01' as date)", 'numbers.number') }} as date_day,
    -- 1 January 2010 was a Friday; Monday is 0
    mod(numbers.number + 4, 7) as weekday
from ({{ numbers() }}) as numbers
where numbers.number < 9496
