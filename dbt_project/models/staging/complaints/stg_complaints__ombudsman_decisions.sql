{{ staged('complaints', 'ombudsman_decisions') }}
