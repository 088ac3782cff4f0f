{{ staged('portal_referrals', 'front_door_decisions') }}
